// SPDX-License-Identifier: Apache-2.0
// Editing tables of iptables in nf_tables: one batch for all of them, at the generation of the ruleset from
// which they were read. Only for transaction.cpp.
#pragma once

#include "common/firewall/iptables/transaction.hpp"

namespace patchbay::firewall::iptables {

void change_in_nf_tables(const std::vector<TableId>& ids, const Change& change);

}  // namespace patchbay::firewall::iptables
