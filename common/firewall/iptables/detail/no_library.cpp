// SPDX-License-Identifier: Apache-2.0
// In place of library.cpp in executables that are linked statically.
#include "common/base/twin.hpp"
#include "common/firewall/iptables/detail/library.hpp"

namespace patchbay::firewall::iptables::detail {

bool can_load() { return false; }

template <typename Iptc>
const std::string& failure_of() {
  throw TwinNeeded{};
}

template <typename Iptc>
const Iptc& library() {
  throw TwinNeeded{};
}

template const std::string& failure_of<Iptc4>();
template const std::string& failure_of<Iptc6>();
template const Iptc4& library<Iptc4>();
template const Iptc6& library<Iptc6>();

}  // namespace patchbay::firewall::iptables::detail
