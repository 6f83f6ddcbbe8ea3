// SPDX-License-Identifier: Apache-2.0
// Table filter: all that the forwarding of containers' packets wants there.
#pragma once

#include <string>
#include <vector>

#include "common/base/owner.hpp"
#include "common/firewall/intent.hpp"
#include "common/firewall/iptables/table.hpp"

namespace patchbay::firewall::iptables {

// --- of one family ----------------------------------------------------------------------------------------------

bool wants_filter(const Forwarding& forwarding, net::Family family);
void edit_filter(Table& filter, const Owner& owner, const Forwarding& forwarding);
std::vector<Rule> absent_from_filter(const Table& filter, const Owner& owner, const Forwarding& forwarding);

// --- of this namespace ------------------------------------------------------------------------------------------

// Where rules for this forwarding go.
std::vector<TableId> filters_for(const Forwarding& forwarding);

void add_missing_in_filters(std::vector<std::string>& missing, const Owner& owner, const Forwarding& forwarding);
void remove_from_filters(const Owner& owner, const std::vector<net::Cidr>& addresses);

}  // namespace patchbay::firewall::iptables
