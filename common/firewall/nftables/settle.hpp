// SPDX-License-Identifier: Apache-2.0
// From what is there and what is wanted to what shall be there. No kernel here.
#pragma once

#include <string>
#include <vector>

#include "common/firewall/firewall.hpp"
#include "common/firewall/nftables/wanted.hpp"

namespace patchbay::firewall::nftables {

// What this owner had of the same kinds goes; what is wanted comes. Host ports of other owners stand
// in the way, also when only one side is limited to one host address: a dead owner's go, a live
// owner's make it throw host_port_taken - unless it is the same container on another network, which then
// goes on to serve the port. Any other set is about an address or an interface, which
// belongs to whom it was given last: there the new owner replaces the old one. What is leaving already
// is in nobody's way.
Sets settle(Sets present, const Wanted& wanted, const std::string& tag, const IsDead& is_dead);

// Without the elements that are leaving or that `goes` says yes to, and their placeholders.
using Goes = std::function<bool(const Element&)>;
Sets without(Sets present, const Goes& goes);

struct Changes {
  std::vector<Element> remove, add;  // in_order()
};
Changes difference(const Sets& before, const Sets& after);

}  // namespace patchbay::firewall::nftables
