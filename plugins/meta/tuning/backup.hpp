// SPDX-License-Identifier: Apache-2.0
// What was before: written before the first change, read by DEL. In the reference suite's place and format,
//
//   <dataDir>/<container>_<ifname>.json    {"mac": …, "promisc": …, "mtu": …, "allmulti": …, "txQLen": …}
//
// with what it lacks in keys that it does not look at: "network", "containerID", "ifname", "netns" (identity), and
// "sysctl", an object by path of {"before", "after"}.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/owner.hpp"
#include "common/netlink/link.hpp"
#include "common/os/netns.hpp"

namespace patchbay::tuning {

struct ChangedSysctl {
  std::string path, before, after;
};

struct Backup {
  Owner owner;                       // empty in the reference's
  std::optional<os::NetnsId> netns;  // nullopt in the reference's
  netlink::links::Attributes attributes;
  std::vector<ChangedSysctl> sysctls;
};

class Backups {
 public:
  explicit Backups(std::string directory) : directory_(std::move(directory)) {}
  void write(const Backup& backup) const;
  // nullopt: none, or nothing that could be read as one.
  [[nodiscard]] std::optional<Backup> find(const Owner& owner) const;
  void remove(const Owner& owner) const;
  // GC: those of this network whose owner is not among `valid`. The reference's do not say whose they are.
  void keep_only(const std::string& network, const Owners& valid) const;

 private:
  std::string directory_;
};

}  // namespace patchbay::tuning
