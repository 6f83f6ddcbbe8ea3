// SPDX-License-Identifier: Apache-2.0
// What becomes of packets that no rule of a built-in chain decides on.
#pragma once

#include <string>

#include "common/firewall/iptables/table.hpp"

namespace patchbay::firewall::iptables {

// Of a table that exists. One question to nf_tables; legacy tables have to be read.
bool drops_by_default(const TableId& table, const std::string& chain);

}  // namespace patchbay::firewall::iptables
