// SPDX-License-Identifier: Apache-2.0
// Getting, editing and committing several tables, of either variant.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/firewall/iptables/table.hpp"

namespace patchbay::firewall::iptables {

// Those of `ids` that this namespace has. Looks without making one, and asks once for each variant.
std::vector<TableId> existing(std::vector<TableId> ids);
// In whichever variant they are: a node may have been switched from one to the other.
std::vector<TableId> existing_of(std::span<const net::Family> families, std::string_view name);
inline bool exists(const TableId& id) { return !existing({id}).empty(); }

// A snapshot to read. This brings a legacy table into being when there is none yet.
std::unique_ptr<Table> open(const TableId& id);

// Edits whatever table it is given; called again with a new snapshot when another writer was
// quicker, so it must not keep anything from one call to the next.
using Change = std::function<void(Table&)>;

// All tables or none, in this order. nf_tables: one batch. Legacy: one commit for each; when one cannot be
// committed, those before it are put back.
void change_all(const std::vector<TableId>& ids, const Change& change);

// Each on its own (those in nf_tables together), all failures reported together. Where nothing is to be
// changed, a lock that cannot be had does not matter.
void change_each(const std::vector<TableId>& ids, const Change& change);

// "iptables" or "ip6tables".
std::string program_of(net::Family family);
// How errors call it: "table nat of ip6tables".
std::string name_of(const TableId& id);

}  // namespace patchbay::firewall::iptables
