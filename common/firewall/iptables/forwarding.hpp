// SPDX-License-Identifier: Apache-2.0
// Accepting what containers send through this host, and the answers, as edits of table filter.
#pragma once

#include <string>
#include <vector>

#include "common/base/owner.hpp"
#include "common/firewall/iptables/table.hpp"

namespace patchbay::firewall::iptables {

// The reference suite's layout.
struct ForwardingRules {
  // Shared by all containers, made when absent and never removed:
  Rule entrance;  // in FORWARD, to CNI-FORWARD
  Rule admin;     // in CNI-FORWARD, to the administrator's chain
  // The attachment's own, in CNI-FORWARD: two for each address.
  std::vector<Rule> accepts;
};
ForwardingRules forwarding_rules(const Owner& owner, const std::vector<net::Cidr>& addresses,
                                 const std::string& admin_chain);
// With one more for each address, which the reference suite does not have: what a host port has led to it. Where
// nothing else is dropped that would say nothing.
ForwardingRules forwarding_rules_where_dropped(const Owner& owner, const std::vector<net::Cidr>& addresses,
                                               const std::string& admin_chain);

// Exactly these addresses (of the table's family) are accepted for this owner. What another owner had of
// them was left behind: an address belongs to whom it was given last.
void replace_forwarding(Table& filter, const ForwardingRules& wanted);

// What carries the owner's number; of what carries none (the reference suite's rules), what is exactly about
// one of `addresses`. The chain is everybody's.
void remove_forwarding(Table& filter, const Owner& owner, const std::vector<net::Cidr>& addresses);

}  // namespace patchbay::firewall::iptables
