// SPDX-License-Identifier: Apache-2.0
// The reference suite's layout: which rules an intent is made of. Pure functions.
#pragma once

#include <vector>

#include "common/firewall/intent.hpp"
#include "common/firewall/iptables/rule.hpp"

namespace patchbay::firewall::iptables {

// Masquerading of one address: packets from it enter the container's chain, which lets those to the
// address's own subnet pass and masquerades the rest, multicast excepted.
struct MasqueradeRules {
  Rule accept, masquerade;  // in the container's chain
  Rule entry;               // in POSTROUTING
};
MasqueradeRules masquerade_rules(const Owner& owner, const net::Cidr& address);

// Host ports of one attachment in one family.
struct HostPortRules {
  // Shared by all containers, made when absent and never removed:
  std::vector<Rule> marking;    // rules of CNI-HOSTPORT-SETMARK and -MASQ; none without snat
  std::vector<Rule> first;      // to stand first in POSTROUTING, ahead of the containers' masquerading
  std::vector<Rule> entrances;  // in PREROUTING and OUTPUT, to CNI-HOSTPORT-DNAT
  // The attachment's own:
  std::vector<Rule> translations;  // in the container's chain, in this order
  std::vector<Rule> entries;       // in CNI-HOSTPORT-DNAT, to the container's chain
};
HostPortRules host_port_rules(const Owner& owner, const PortForwards& options, const PortForward& forward);

}  // namespace patchbay::firewall::iptables
