// SPDX-License-Identifier: Apache-2.0
// Rules, for audits; see firewall/listing.hpp.
#pragma once

#include "common/firewall/iptables/table.hpp"
#include "common/firewall/listing.hpp"

namespace patchbay::firewall::iptables {

std::vector<Object> list();
std::vector<Object> list(const Table& table);
std::vector<std::string> chains_of(const Owner& owner);
bool is_of(const Object& rule, const Owner& owner);
void remove(const std::vector<Object>& objects);  // passes over those of the other backend
void remove(Table& table, const std::vector<Object>& objects);
std::string_view table_of(Kind kind);

}  // namespace patchbay::firewall::iptables
