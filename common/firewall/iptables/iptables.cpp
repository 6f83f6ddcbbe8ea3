// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/iptables.hpp"

#include <algorithm>

#include "common/firewall/iptables/check.hpp"
#include "common/firewall/iptables/competitors.hpp"
#include "common/firewall/iptables/filter.hpp"
#include "common/firewall/iptables/host_ports.hpp"
#include "common/firewall/iptables/layout.hpp"
#include "common/firewall/iptables/legacy_table.hpp"
#include "common/firewall/iptables/listing.hpp"
#include "common/firewall/iptables/localhost_guard.hpp"
#include "common/firewall/iptables/masquerade.hpp"
#include "common/firewall/iptables/names.hpp"
#include "common/firewall/iptables/transaction.hpp"

namespace patchbay::firewall::iptables {
namespace {

const PortForward* of_family(const PortForwards& forwards, net::Family family) {
  const auto found =
      std::find_if(forwards.families.begin(), forwards.families.end(),
                   [family](const PortForward& forward) { return forward.container.family() == family; });
  return found == forwards.families.end() ? nullptr : &*found;
}

// Every rule that the intents need in the table of one family.
std::vector<Rule> wanted_rules(const Owner& owner, const Intents& intents, net::Family family) {
  std::vector<Rule> wanted;
  if (intents.masquerade) {
    for (const net::Cidr& address : net::of_family(intents.masquerade->addresses, family)) {
      const MasqueradeRules rules = masquerade_rules(owner, address);
      wanted.insert(wanted.end(), {rules.accept, rules.masquerade, rules.entry});
    }
  }
  const PortForward* forward = intents.port_forwards ? of_family(*intents.port_forwards, family) : nullptr;
  if (forward == nullptr) return wanted;
  const HostPortRules rules = host_port_rules(owner, *intents.port_forwards, *forward);
  for (const auto& some : {rules.marking, rules.first, rules.entrances, rules.translations, rules.entries})
    wanted.insert(wanted.end(), some.begin(), some.end());
  return wanted;
}

// Before the lock is taken, for which others wait: loading takes longer than what is done under it.
void load_library_for(const std::vector<TableId>& tables) {
  for (const TableId& table : tables) {
    if (table.variant == Variant::legacy) static_cast<void>(legacy_unavailable(table.family));
  }
}

bool any_host_port(const Table& nat) { return nat.has_rules(kHostPortDnat); }

// The guard was promised with rules of ours, which tell their attachment; the reference's are as they
// are.
bool guard_is_missing(const Owner& owner, net::Family family) {
  for (const Variant variant : kVariants) {
    const TableId raw{variant, family, kRaw};
    if (exists(raw) && has_localhost_guard(*open(raw))) return false;
  }
  const auto nat_tables = existing_of({&family, 1}, kNat);
  return std::ranges::any_of(nat_tables, [number = attachment_number(owner)](const TableId& nat) {
    const auto entries = open(nat)->rules(kHostPortDnat);
    return std::ranges::count(entries, number, &Rule::attachment) > 0;
  });
}

// After the last host port. Not where packets to 127.0.0.0/8 would still be let in: then a later DEL or
// GC does it.
void release_localhost_guards(std::vector<TableId> raw_tables) {
  raw_tables = existing(std::move(raw_tables));
  if (raw_tables.empty() || localhost_is_routed()) return;
  change_each(raw_tables, [](Table& raw) {
    const TableId nat{raw.id().variant, raw.family()};
    if (!any_host_port(*open(nat))) remove_localhost_guard(raw);  // looked at again, now locked
  });
}

// The guard goes with the last host port of its family.
void remove_from(const std::vector<TableId>& nat_tables, const std::vector<Kind>& kinds, const Change& change) {
  load_library_for(nat_tables);
  std::vector<TableId> unused;
  change_each(nat_tables, [&](Table& nat) {
    change(nat);
    const TableId raw{nat.id().variant, nat.family(), kRaw};
    std::erase(unused, raw);  // of an attempt that came too late
    if (contains(kinds, Kind::host_port) && !any_host_port(nat)) unused.push_back(raw);
  });
  release_localhost_guards(std::move(unused));
}

void add_missing(std::vector<std::string>& missing, net::Family family, const std::vector<Rule>& wanted) {
  const std::string program = program_of(family);
  std::optional<std::vector<Rule>> fewest;
  for (const Variant variant : kVariants) {  // what is whole in one need not be looked for in the other
    const TableId nat{variant, family};
    if ((fewest && fewest->empty()) || !exists(nat)) continue;
    auto absent_here = absent(*open(nat), wanted);
    if (!fewest || absent_here.size() < fewest->size()) fewest = std::move(absent_here);
  }
  if (!fewest) {
    missing.push_back(program + " has no table nat, so none of our " + std::to_string(wanted.size()) + " rules");
    return;
  }
  for (const Rule& rule : *fewest) missing.push_back(program + " -t nat lacks " + to_text(rule));
}

// Where the intents become rules: what must be there before others come first.
std::vector<TableId> tables_for(const Owner& owner, const Intents& intents) {
  std::vector<net::Family> wanted, others;
  for (const net::Family family : kBothFamilies)
    (wanted_rules(owner, intents, family).empty() ? others : wanted).push_back(family);
  const Variant variant = choose_variant(wanted.empty() ? others : wanted);
  std::vector<TableId> tables;
  for (const net::Family family : wanted) {
    if (needs_localhost_guard(intents, family)) tables.push_back({variant, family, kRaw});
  }
  for (const net::Family family : wanted) tables.push_back({variant, family});
  // Where nothing is wanted, something may have to go; but no table is made for that.
  std::vector<TableId> perhaps;
  for (const net::Family family : others) perhaps.push_back({variant, family});
  for (const TableId& table : existing(std::move(perhaps))) tables.push_back(table);
  return tables;
}

// What the hints tell about one family.
struct Known {
  std::vector<net::Cidr> addresses;
  bool ports = false;
};

Known known(const Hints& hints, net::Family family) {
  Known known{.addresses = net::of_family(hints.addresses, family)};
  for (const PortForward& forward : hints.ports) {
    if (forward.container.family() != family) continue;
    known.addresses.push_back(forward.container);
    known.ports = known.ports || !forward.ports.empty();
  }
  return known;
}

}  // namespace

void apply(const Owner& owner, const Intents& intents, const IsDead& is_dead) {
  if (!intents.masquerade && !intents.port_forwards && !intents.forwarding) return;
  Tables tables;
  if (intents.masquerade || intents.port_forwards) tables = tables_for(owner, intents);
  if (intents.forwarding) {
    for (const TableId& filter : filters_for(*intents.forwarding)) tables.push_back(filter);
  }
  load_library_for(tables);
  Competitors competitors{is_dead};
  const Change change = [&](Table& table) {
    if (table.id().name == kRaw) return ensure_localhost_guard(table);
    if (table.id().name == kFilter) return edit_filter(table, owner, *intents.forwarding);
    const net::Family family = table.family();
    if (intents.masquerade) replace_masquerade(table, owner, net::of_family(intents.masquerade->addresses, family));
    if (!intents.port_forwards) return;
    replace_host_ports(table, owner, *intents.port_forwards, of_family(*intents.port_forwards, family),
                       [&](const std::string& tag) { return is_dead && competitors.is_dead(tag); });
  };
  while (true) {
    try {
      return change_all(tables, change);
    } catch (const Competitors::Unknown& who) {
      competitors.find_out(who);
    }
  }
}

std::vector<std::string> missing(const Owner& owner, const Intents& intents) {
  std::vector<std::string> missing;
  for (const net::Family family : kBothFamilies) {
    const std::vector<Rule> wanted = wanted_rules(owner, intents, family);
    if (!wanted.empty()) add_missing(missing, family, wanted);
    if (needs_localhost_guard(intents, family) && guard_is_missing(owner, family))
      missing.push_back(program_of(family) + " -t raw lacks " + to_text(localhost_guard(family)));
  }
  if (intents.forwarding) add_missing_in_filters(missing, owner, *intents.forwarding);
  return missing;
}

void remove(const Owner& owner, const std::vector<Kind>& kinds, const Hints& hints) {
  std::vector<net::Family> possible;
  for (const net::Family family : kBothFamilies) {
    const Known here = known(hints, family);
    if ((contains(kinds, Kind::masquerade) && (!hints.complete || !here.addresses.empty())) ||
        (contains(kinds, Kind::host_port) && (!hints.complete || here.ports)))
      possible.push_back(family);
  }
  if (contains(kinds, Kind::forward) && (!hints.complete || !hints.addresses.empty()))
    remove_from_filters(owner, hints.addresses);
  remove_from(existing_of(possible, kNat), kinds, [&](Table& table) {
    const Claim mine = of_attachment(owner, known(hints, table.family()).addresses);
    if (contains(kinds, Kind::masquerade)) remove_masquerade(table, masquerade_chain(owner), mine);
    if (!contains(kinds, Kind::host_port)) return;
    remove_host_ports(table, host_port_chain(owner), mine);
    remove_old_snat(table, old_snat_chain(owner));
  });
}

void collect(const std::string& network, const std::vector<Kind>& kinds, const Owners& valid) {
  remove_from(existing_of(kBothFamilies, kNat), kinds, [&](Table& table) {
    if (contains(kinds, Kind::masquerade)) collect_masquerade(table, network, valid);
    if (contains(kinds, Kind::host_port)) collect_host_ports(table, network, valid);
  });
}

void remove(const std::vector<Object>& objects) {
  std::vector<TableId> tables;
  std::vector<Kind> kinds;
  for (const Object& object : objects) {
    if (object.backend != Backend::iptables) continue;
    const TableId table{object.variant, object.family, table_of(object.kind)};
    if (std::ranges::find(tables, table) == tables.end()) tables.push_back(table);
    kinds.push_back(object.kind);
  }
  if (!tables.empty()) remove_from(tables, kinds, [&](Table& table) { remove(table, objects); });
}

}  // namespace patchbay::firewall::iptables
