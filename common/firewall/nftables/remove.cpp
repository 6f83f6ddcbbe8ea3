// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>

#include "common/firewall/nftables/commit.hpp"
#include "common/firewall/nftables/nftables.hpp"
#include "common/firewall/nftables/requests.hpp"

namespace patchbay::firewall::nftables {
namespace {

using wire::Socket;

// What may be there by what the caller knows; snat and masqAll are assumed.
std::vector<Element> candidates(const Owner& owner, const std::vector<Kind>& kinds, const Hints& hints) {
  Intents intents;
  if (contains(kinds, Kind::masquerade)) intents.masquerade = Masquerade{hints.addresses};
  if (contains(kinds, Kind::host_port)) {
    intents.port_forwards = PortForwards{.families = hints.ports, .masquerade_all = true};
  }
  if (contains(kinds, Kind::forward)) intents.forwarding = Forwarding{.addresses = hints.addresses};
  if (contains(kinds, Kind::isolation)) intents.isolation = PortIsolation{hints.isolated_ports};
  return wanted(owner, intents).elements;
}

// The kinds for which the hints do not do. Guarded interfaces are not among them, and what is published on
// one address only shares its placeholders: both need a look at what else is there.
std::vector<Kind> unhinted(const std::vector<Kind>& kinds, const std::vector<Element>& candidates, const Hints& hints) {
  if (!hints.complete) return kinds;
  const bool by_address =
      std::ranges::any_of(candidates, [](const Element& e) { return e.set.role == Role::host_port_ip; });
  std::vector<Kind> rest;
  for (const Kind kind : kinds) {
    if (kind == Kind::mac_spoof || (kind == Kind::host_port && by_address)) rest.push_back(kind);
  }
  return rest;
}

// Of the owner, and what placeholders follow from.
Keep of_owner(const std::string& tag) {
  return [&tag](const SetName& set, std::string_view comment) {
    return comment == tag || set.role == Role::host_port || set.role == Role::host_port_ip ||
           set.role == Role::host_port_ip_only;
  };
}

bool is_empty(const Sets& sets, const SetName& name) {
  const auto set = sets.find(name);
  return set == sets.end() || set->second.empty();
}

// A condition space that holds no host port any more: its rule, its chain, its sets.
void add_space_removal(Requests& to, const Ruleset& present, const Sets& after, const SetName& set) {
  const std::string chain = space_chain(set.qualifier);
  SetName by_address = set, by_address_only = set;
  by_address.role = Role::host_port_ip;
  by_address_only.role = Role::host_port_ip_only;
  if (!is_empty(after, by_address)) return;
  for (const PresentRule& rule : present.rules) {
    const bool jump = rule.chain == kConditional && rule.id == space_rule_id(set.qualifier);
    if (jump || rule.chain == chain) to.push_back(delete_rule(rule.table, rule.chain, rule.handle));
  }
  to.push_back(delete_chain(set.table(), chain));
  for (const SetName& name : {set, by_address, by_address_only}) {
    if (present.sets.contains(name)) to.push_back(delete_set(name));
  }
}

void add_subnet_removal(Requests& to, const Ruleset& present, std::string_view chain, const SetName& set) {
  for (const PresentRule& rule : present.rules) {
    const bool of_subnet = rule.table == set.table() && rule.chain == chain && rule.id == rule_id(set);
    if (of_subnet) to.push_back(delete_rule(rule.table, rule.chain, rule.handle));
  }
  to.push_back(delete_set(set));
}

bool is_in_use(const Sets& sets, Table table) {
  return std::ranges::any_of(sets,
                             [table](const auto& set) { return set.first.table() == table && !set.second.empty(); });
}

bool admin_uses(const Ruleset& present, Table table) {
  return std::ranges::any_of(present.rules,
                             [table](const PresentRule& rule) { return rule.table == table && rule.chain == kAdmin; });
}

// A table without any element is of no use to anybody: it goes as a whole. But not the administrator's rules.
void add_table_removal(Requests& to, const Ruleset& present, const Sets& after) {
  for (const Table table : {Table::inet, Table::bridge}) {
    const bool is_there =
        std::ranges::any_of(present.sets, [table](const auto& set) { return set.first.table() == table; });
    if (is_there && !is_in_use(after, table) && !admin_uses(present, table)) to.push_back(delete_table(table));
  }
}

// What stood around the elements of a subnet or of conditions that nobody uses any more.
void add_scaffolding_removal(Requests& to, const Ruleset& present, const Sets& after, const std::vector<Kind>& kinds) {
  for (const auto& [name, elements] : present.sets) {
    if (!is_in_use(after, name.table())) continue;  // goes with its table
    if (name.qualifier.empty() || !contains(kinds, name.kind()) || !is_empty(after, name)) continue;
    if (name.role == Role::host_port) add_space_removal(to, present, after, name);
    if (name.role == Role::masquerade) add_subnet_removal(to, present, kMasquerading, name);
    if (name.role == Role::hairpin) add_subnet_removal(to, present, kHairpin, name);
  }
}

using Way = void (*)(Requests&, std::span<const Element>);

// What may be the owner's, and how it is found.
struct Search {
  std::string tag;
  std::vector<Element> places;  // to be looked at
  std::vector<Kind> walked;     // to be walked
};

struct Owned {
  std::uint32_t generation = 0;
  Changes changes;  // what goes, and placeholders that come
};

// Nothing that is leaving already is among it.
Owned read_owned(Socket& socket, const Search& search) {
  const Found found = find_elements(socket, search.places);
  if (found.generation == 0) return {};
  const Sets present =
      without(read_sets(socket, search.walked, of_owner(search.tag)), [](const Element&) { return false; });
  Owned owned{
      .generation = found.generation,
      .changes = difference(present, without(present, [&](const Element& e) { return e.comment == search.tag; }))};
  std::ranges::copy_if(found.elements, std::back_inserter(owned.changes.remove),
                       [&](const Element& element) { return element.comment == search.tag && !element.leaving; });
  std::ranges::sort(owned.changes.remove, in_order);
  return owned;
}

// Until it expires, a mapping still takes new connections. One over UDP would be kept alive by its client
// when the container has gone, and hide the port from whoever serves it next.
bool must_go_at_once(const Element& element) { return publishes(element, Protocol::udp); }

// Compare and delete: what was read as the owner's goes at the generation at which it was read.
std::vector<Element> remove_by(Way way, Socket& socket, const Search& search) {
  std::vector<Element> gone;
  commit_current(socket, [&] {
    Owned owned = read_owned(socket, search);
    Attempt attempt{.generation = owned.generation, .requests = {}};
    if (std::ranges::any_of(owned.changes.remove, must_go_at_once)) way = add_deletions;
    way(attempt.requests, owned.changes.remove);
    add_creations(attempt.requests, owned.changes.add, true);
    gone = std::move(owned.changes.remove);
    return attempt;
  });
  return gone;
}

// False where the kernel does not know how: it then says yes and does nothing (before Linux 6.12), or the
// set was made without timeouts.
bool expire(Socket& socket, const Search& search) {
  try {
    const auto gone = remove_by(add_expirations, socket, search);
    if (gone.empty()) return true;
    const Found left = find_elements(socket, {&gone.front(), 1});
    return std::ranges::all_of(left.elements, &Element::leaving);
  } catch (const Error& error) {
    if (error.error_number() != EINVAL) throw;
    return false;
  }
}

void remove_found(const Search& search) {
  auto socket = open_if_there();
  if (!socket || expire(*socket, search)) return;
  remove_by(add_deletions, *socket, search);
}

}  // namespace

void remove(const Owner& owner, const std::vector<Kind>& kinds, const Hints& hints) {
  Search search{.tag = owner.tag(), .places = candidates(owner, kinds, hints), .walked = {}};
  search.walked = unhinted(kinds, search.places, hints);
  std::erase_if(search.places, [&](const Element& element) { return contains(search.walked, element.set.kind()); });
  remove_found(search);
}

void remove_tagged(const std::string& tag, const std::vector<Kind>& kinds) {
  remove_found({.tag = tag, .places = {}, .walked = kinds});
}

// Deleted, not left to expire: until then, an ADD would take for granted what is about to go.
void lift(const std::string& bridge) {
  if (auto socket = open_if_there()) {
    remove_by(add_deletions, *socket, {.tag = std::string{kPolicy}, .places = policy_elements(bridge), .walked = {}});
  }
}

void collect(const std::string& network, const std::vector<Kind>& kinds, const Owners& valid) {
  const auto tags = sorted_tags(valid);
  const auto goes = [&](const Element& element) {
    return contains(kinds, element.set.kind()) && Owner::tag_is_of_network(element.comment, network) &&
           !std::ranges::binary_search(tags, element.comment);
  };
  auto there = open_if_there();
  if (!there) return;
  Socket& socket = *there;
  commit_current(socket, [&] {
    const Ruleset present = read_ruleset(socket);
    if (present.generation == 0) return Attempt{};
    const Sets after = without(present.sets, goes);
    const Changes changes = difference(present.sets, after);
    Attempt attempt{.generation = present.generation,
                    .requests = {},
                    .leaving = std::ranges::any_of(changes.remove, &Element::leaving)};
    add_deletions(attempt.requests, changes.remove);
    add_creations(attempt.requests, changes.add, true);
    add_scaffolding_removal(attempt.requests, present, after, kinds);
    add_table_removal(attempt.requests, present, after);
    return attempt;
  });
}

}  // namespace patchbay::firewall::nftables
