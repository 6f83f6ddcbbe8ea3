// SPDX-License-Identifier: Apache-2.0
// Which variant does what.
#include "common/firewall/iptables/transaction.hpp"

#include <algorithm>

#include "common/base/error_list.hpp"
#include "common/firewall/iptables/compat/compat_table.hpp"
#include "common/firewall/iptables/compat/compat_transaction.hpp"
#include "common/firewall/iptables/legacy_table.hpp"
#include "common/firewall/iptables/legacy_transaction.hpp"

namespace patchbay::firewall::iptables {
namespace {

// Moves those of `variant` out of `ids`.
std::vector<TableId> take(std::vector<TableId>& ids, Variant variant) {
  std::vector<TableId> taken;
  std::copy_if(ids.begin(), ids.end(), std::back_inserter(taken),
               [variant](const TableId& id) { return id.variant == variant; });
  std::erase_if(ids, [variant](const TableId& id) { return id.variant == variant; });
  return taken;
}

}  // namespace

std::vector<TableId> existing(std::vector<TableId> ids) {
  const auto native = take(ids, Variant::nf_tables);
  std::erase_if(ids, [](const TableId& id) { return !has_legacy(id); });
  const auto found = existing_in_nf_tables(native);
  ids.insert(ids.end(), found.begin(), found.end());
  return ids;
}

std::vector<TableId> existing_of(std::span<const net::Family> families, std::string_view name) {
  std::vector<TableId> tables;
  for (const Variant variant : kVariants) {
    for (const net::Family family : families) tables.push_back({variant, family, name});
  }
  return existing(std::move(tables));
}

std::unique_ptr<Table> open(const TableId& id) {
  if (id.variant == Variant::nf_tables) return open_in_nf_tables(id);
  return open_legacy(id);
}

void change_all(const std::vector<TableId>& ids, const Change& change) {
  std::vector<TableId> legacy = ids;
  const auto native = take(legacy, Variant::nf_tables);
  if (!legacy.empty() && !native.empty()) throw Error{Code::internal, "no transaction spans both variants of iptables"};
  change_all_legacy(legacy, change);
  change_in_nf_tables(native, change);
}

void change_each(const std::vector<TableId>& ids, const Change& change) {
  std::vector<TableId> legacy = ids;
  const auto native = take(legacy, Variant::nf_tables);
  if (native.empty()) return change_each_legacy(legacy, change);
  if (legacy.empty()) return change_in_nf_tables(native, change);
  ErrorList errors;
  errors.attempt("legacy tables", [&] { change_each_legacy(legacy, change); });
  errors.attempt("tables of nf_tables", [&] { change_in_nf_tables(native, change); });
  errors.throw_if_any();
}

std::string program_of(net::Family family) { return family == net::Family::v4 ? "iptables" : "ip6tables"; }

std::string name_of(const TableId& id) { return "table " + std::string{id.name} + " of " + program_of(id.family); }

}  // namespace patchbay::firewall::iptables
