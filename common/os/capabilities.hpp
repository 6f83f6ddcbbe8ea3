// SPDX-License-Identifier: Apache-2.0
// Capabilities (capabilities(7)): which a process needs, and giving up the others.
#pragma once

#include <cstdint>
#include <initializer_list>

namespace patchbay::os {

// Those that any of our verbs may need, by their numbers in <linux/capability.h> (checked in capabilities.cpp).
enum class Capability : std::uint8_t {
  dac_override = 1,
  dac_read_search = 2,
  net_admin = 12,
  net_raw = 13,
  sys_ptrace = 19,
  sys_admin = 21,
};

class Capabilities {
 public:
  constexpr Capabilities() = default;
  constexpr Capabilities(std::initializer_list<Capability> members) {
    for (const Capability member : members) bits_ |= std::uint64_t{1} << static_cast<unsigned>(member);
  }
  [[nodiscard]] constexpr std::uint64_t bits() const { return bits_; }
  friend constexpr Capabilities operator|(Capabilities one, const Capabilities& other) {
    one.bits_ |= other.bits_;
    return one;
  }
  bool operator==(const Capabilities&) const = default;

 private:
  std::uint64_t bits_ = 0;
};

// What steps need:
// state files wherever the administrator has put them, whoever owns them; paths to namespaces, too
inline constexpr Capabilities kToReachFiles{Capability::dac_override, Capability::dac_read_search};
// namespaces of other processes by /proc/<pid>/ns (ptrace(2), "Ptrace access mode checking"): as
// CNI_NETNS, or to see which are alive
inline constexpr Capabilities kToSeeNamespaces{Capability::sys_ptrace};
inline constexpr Capabilities kToEnterNamespaces{Capability::sys_admin};  // setns(2)
inline constexpr Capabilities kToChangeNetwork{Capability::net_admin};
// libiptc speaks by a raw socket
inline constexpr Capabilities kToFilterPackets{Capability::net_admin, Capability::net_raw};

// Gives up all others: by this process, not by what it executes. False when even that is forbidden.
bool keep_only(const Capabilities& needed);

}  // namespace patchbay::os
