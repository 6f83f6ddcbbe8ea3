// SPDX-License-Identifier: Apache-2.0
// Masquerading, as edits of a table.
#pragma once

#include <string>
#include <vector>

#include "common/firewall/iptables/claim.hpp"
#include "common/firewall/iptables/table.hpp"

namespace patchbay::firewall::iptables {

// Exactly these addresses (of the table's family) are masqueraded for this owner.
void replace_masquerade(Table& table, const Owner& owner, const std::vector<net::Cidr>& addresses);

// Of a container's chain and what enters it; the chain itself goes with the last.
void remove_masquerade(Table& table, const std::string& chain, const Claim& claim);

void collect_masquerade(Table& table, const std::string& network, const Owners& valid);

}  // namespace patchbay::firewall::iptables
