// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/filter.hpp"

#include <algorithm>
#include <iterator>

#include "common/base/twin.hpp"
#include "common/firewall/iptables/check.hpp"
#include "common/firewall/iptables/detail/library.hpp"
#include "common/firewall/iptables/forwarding.hpp"
#include "common/firewall/iptables/iptables.hpp"
#include "common/firewall/iptables/isolation.hpp"
#include "common/firewall/iptables/policy.hpp"
#include "common/firewall/iptables/transaction.hpp"

namespace patchbay::firewall::iptables {
namespace {

ForwardingRules rules_of(const Owner& owner, const Forwarding& forwarding, net::Family family) {
  return forwarding_rules(owner, net::of_family(forwarding.addresses, family), forwarding.admin_chain);
}

ForwardingRules rules_where_dropped(const Owner& owner, const Forwarding& forwarding, net::Family family) {
  return forwarding_rules_where_dropped(owner, net::of_family(forwarding.addresses, family), forwarding.admin_chain);
}

std::vector<Rule> absent_of(const Table& filter, const ForwardingRules& rules) {
  std::vector<Rule> wanted{rules.entrance, rules.admin};
  wanted.insert(wanted.end(), rules.accepts.begin(), rules.accepts.end());
  return absent(filter, wanted);
}

bool has_policy(const Forwarding& forwarding) {
  return forwarding.policy && forwarding.policy->ingress != Ingress::open;
}

std::vector<net::Family> families_of(const Forwarding& forwarding) {
  std::vector<net::Family> families;
  for (const net::Family family : kBothFamilies) {
    if (wants_filter(forwarding, family)) families.push_back(family);
  }
  return families;
}

std::string lack_of(net::Family family, const Rule& rule) {
  return program_of(family) + " -t filter lacks " + to_text(rule);
}

}  // namespace

bool wants_filter(const Forwarding& forwarding, net::Family family) {
  return std::any_of(forwarding.addresses.begin(), forwarding.addresses.end(),
                     [family](const net::Cidr& address) { return address.family() == family; });
}

void edit_filter(Table& filter, const Owner& owner, const Forwarding& forwarding) {
  // Where nothing is wanted, there may be something of an earlier ADD.
  if (!wants_filter(forwarding, filter.family())) return remove_forwarding(filter, owner, {});
  if (forwarding.firewalld_zone.empty()) {
    replace_forwarding(filter, rules_of(owner, forwarding, filter.family()));
  } else {
    remove_forwarding(filter, owner, {});
  }
  if (has_policy(forwarding)) ensure_isolation(filter, isolation_rules(*forwarding.policy));
}

std::vector<Rule> absent_from_filter(const Table& filter, const Owner& owner, const Forwarding& forwarding) {
  std::vector<Rule> missing;
  if (forwarding.firewalld_zone.empty()) missing = absent_of(filter, rules_of(owner, forwarding, filter.family()));
  if (!has_policy(forwarding)) return missing;
  for (Rule& rule : absent_isolation(filter, isolation_rules(*forwarding.policy))) missing.push_back(std::move(rule));
  return missing;
}

std::vector<TableId> filters_for(const Forwarding& forwarding) {
  const auto families = families_of(forwarding);
  const Variant variant = choose_variant(families.empty() ? std::span{kBothFamilies} : std::span{families});
  std::vector<TableId> tables;
  for (const net::Family family : families) tables.push_back({variant, family, kFilter});
  // Where nothing is wanted, something may have to go; but no table is made for that.
  for (const TableId& table : existing_of(kBothFamilies, kFilter)) {
    if (table.variant == variant && !wants_filter(forwarding, table.family)) tables.push_back(table);
  }
  return tables;
}

void add_missing_in_filters(std::vector<std::string>& missing, const Owner& owner, const Forwarding& forwarding) {
  for (const net::Family family : families_of(forwarding)) {
    std::optional<std::vector<Rule>> fewest;
    for (const TableId& filter : existing_of({&family, 1}, kFilter)) {
      auto absent_here = absent_from_filter(*open(filter), owner, forwarding);
      if (!fewest || absent_here.size() < fewest->size()) fewest = std::move(absent_here);
    }
    if (!fewest) missing.push_back(program_of(family) + " has no table filter, so none of our rules");
    for (const Rule& rule : fewest.value_or(std::vector<Rule>{})) missing.push_back(lack_of(family, rule));
  }
}

void remove_from_filters(const Owner& owner, const std::vector<net::Cidr>& addresses) {
  change_each(existing_of(kBothFamilies, kFilter),
              [&](Table& filter) { remove_forwarding(filter, owner, net::of_family(addresses, filter.family())); });
}

void prepare_filters() {
  const auto filters = existing_of(kBothFamilies, kFilter);
  const bool legacy = std::any_of(filters.begin(), filters.end(),
                                  [](const TableId& filter) { return filter.variant == Variant::legacy; });
  if (legacy && !detail::can_load()) throw TwinNeeded{};
}

Tables where_dropped(const Forwarding& forwarding) {
  Tables tables = existing_of(families_of(forwarding), kFilter);
  std::erase_if(tables, [](const TableId& filter) { return !drops_by_default(filter, kForward); });
  return tables;
}

void accept_in(const Tables& filters, const Owner& owner, const Forwarding& forwarding) {
  for (const Variant variant : kVariants) {  // no transaction spans both
    Tables some;
    std::copy_if(filters.begin(), filters.end(), std::back_inserter(some),
                 [variant](const TableId& filter) { return filter.variant == variant; });
    change_all(some, [&](Table& filter) {
      replace_forwarding(filter, rules_where_dropped(owner, forwarding, filter.family()));
    });
  }
}

bool has_filter_chain(Variant variant, const std::string& chain) {
  const auto filters = existing_of(kBothFamilies, kFilter);
  return std::any_of(filters.begin(), filters.end(), [&](const TableId& filter) {
    return filter.variant == variant && open(filter)->has_chain(chain);
  });
}

std::vector<std::string> missing_where_dropped(const Owner& owner, const Forwarding& forwarding) {
  std::vector<std::string> missing;
  for (const TableId& filter : where_dropped(forwarding)) {
    for (const Rule& rule : absent_of(*open(filter), rules_where_dropped(owner, forwarding, filter.family)))
      missing.push_back(lack_of(filter.family, rule));
  }
  return missing;
}

void lift(const std::string& bridge) {
  change_each(existing_of(kBothFamilies, kFilter), [&](Table& filter) { lift_isolation(filter, bridge); });
}

std::vector<std::string> confined_bridges() {
  std::vector<std::string> bridges;
  for (const TableId& filter : existing_of(kBothFamilies, kFilter)) {
    for (std::string& bridge : isolated_bridges(*open(filter))) bridges.push_back(std::move(bridge));
  }
  return bridges;
}

}  // namespace patchbay::firewall::iptables
