// SPDX-License-Identifier: Apache-2.0
// Network namespaces: opened once, verified, identified.
#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/os/unique_fd.hpp"

namespace patchbay::os {

// Which namespace it is: the kernel's own identity, stable for the namespace's life (namespaces(7)).
struct NetnsId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  auto operator<=>(const NetnsId&) const = default;
};

class Netns {
 public:
  // Throws invalid_netns unless `path` is a namespace (on nsfs) and not the network namespace that we run
  // in. `allow_own` is CNI_NETNS_OVERRIDE. That it is a network namespace is found out by whoever enters it.
  static Netns open(const std::string& path, bool allow_own = false);
  // For DEL: nullopt when it is not there any more - nothing, a plain file that a lost mount left behind, a
  // dead /proc path, or whatever else is no network namespace. Still throws when it is our own.
  static std::optional<Netns> find(const std::string& path, bool allow_own = false);
  static Netns own();

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const NetnsId& id() const { return id_; }
  [[nodiscard]] const std::string& path() const { return path_; }  // where it was opened

 private:
  Netns(UniqueFd fd, NetnsId id, std::string path) : fd_(std::move(fd)), id_(id), path_(std::move(path)) {}
  UniqueFd fd_;
  NetnsId id_;
  std::string path_;
};

// Runs `work` inside `netns` and comes back, also when it throws; throws invalid_netns when it cannot be
// entered, or is a namespace of another kind. Only for what has no netlink
// interface (sysctls, sockets that must be born there).
void inside(const Netns& netns, const std::function<void()>& work);

// Which network namespaces are alive, found out once, when first asked: for reclaiming leases, never
// on the usual path. A census knows nothing of namespaces that came later: ask it only about leases
// that were there before it, which is what the store's lock, held from before until after, ensures.
class NetnsCensus {
 public:
  // True when the namespace `id`, last seen at `path`, cannot be found any more: not at its path, not
  // in any mount, not in any process. When in doubt (a /proc that cannot be read), false.
  [[nodiscard]] bool provably_gone(const NetnsId& id, const std::string& path);

 private:
  bool taken_ = false;
  bool complete_ = false;
  std::vector<NetnsId> alive_;  // sorted
};

// The same for one namespace.
bool provably_gone(const NetnsId& id, const std::string& path);

}  // namespace patchbay::os
