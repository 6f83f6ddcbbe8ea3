// SPDX-License-Identifier: Apache-2.0
// One file of the index: which addresses an attachment holds, and what proves that it is dead.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/owner.hpp"
#include "common/net/ip.hpp"
#include "common/os/netns.hpp"

namespace patchbay::ipam {

// "device:inode"
std::string to_string(const os::NetnsId& id);
std::optional<os::NetnsId> parse_netns_id(std::string_view text);

struct IndexEntry {
  Owner owner;
  std::string boot;                  // boot ID of the kernel that the lease was made under
  std::uint64_t pid_namespace = 0;   // from which the namespace could be seen
  std::string netns_path;            // empty: not known
  std::optional<os::NetnsId> netns;  // nullopt: not known
  std::vector<net::Ip> addresses;

  // Lines of "key value", closed by "end", so that a truncated file is none. Keys that are not
  // known are passed over: later versions may add some.
  [[nodiscard]] std::string print() const;
  static std::optional<IndexEntry> parse(std::string_view text);
  // Not written to its end; whatever else it may be that parse() does not take, it is not of that kind.
  static bool is_torn(std::string_view text);
};

}  // namespace patchbay::ipam
