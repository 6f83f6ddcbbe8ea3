// SPDX-License-Identifier: Apache-2.0
// Looking for rules in a table.
#pragma once

#include <vector>

#include "common/firewall/iptables/table.hpp"

namespace patchbay::firewall::iptables {

// Which of these rules the table lacks, wherever in their chain they may stand. A rule for several
// ports may also be there as others that together are for them: the reference lists ports of the
// other family too.
std::vector<Rule> absent(const Table& table, const std::vector<Rule>& wanted);

}  // namespace patchbay::firewall::iptables
