// SPDX-License-Identifier: Apache-2.0
// Getting, editing and committing several tables: one commit for each, under
// the lock that iptables itself takes.
#pragma once

#include <functional>
#include <vector>

#include "common/firewall/iptables/table.hpp"

namespace patchbay::firewall::iptables {

// Edits whatever table it is given; called again with a new snapshot when another writer was
// quicker, so it must not keep anything from one call to the next.
using Change = std::function<void(Table&)>;

// All tables or none, in this order: when one cannot be committed, those before it are put back.
void change_all(const std::vector<TableId>& ids, const Change& change);

// Each on its own, all failures reported together. Where nothing is to be changed, a lock that
// cannot be had does not matter.
void change_each(const std::vector<TableId>& ids, const Change& change);

}  // namespace patchbay::firewall::iptables
