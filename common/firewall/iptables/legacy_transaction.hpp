// SPDX-License-Identifier: Apache-2.0
// Getting, editing and committing legacy tables: one commit for each, under the lock that iptables itself
// takes. Only for transaction.cpp.
#pragma once

#include "common/firewall/iptables/transaction.hpp"

namespace patchbay::firewall::iptables {

// See transaction.hpp for what they promise.
void change_all_legacy(const std::vector<TableId>& ids, const Change& change);
void change_each_legacy(const std::vector<TableId>& ids, const Change& change);

}  // namespace patchbay::firewall::iptables
