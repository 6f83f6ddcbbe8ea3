// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "common/firewall/nftables/commit.hpp"
#include "common/firewall/nftables/nftables.hpp"
#include "common/firewall/nftables/requests.hpp"

namespace patchbay::firewall::nftables {
namespace {

using wire::Socket;

// Nothing to remove where the kernel has no nf_tables: no such protocol, no such subsystem.
std::optional<Socket> open_if_there() {
  try {
    Socket socket{Socket::Family::netfilter};
    const int refusal = socket.query(get_generation(), [](const wire::Reply&) {});
    if (refusal == EINVAL || refusal == EOPNOTSUPP) return std::nullopt;
    return socket;
  } catch (const Error& error) {
    if (error.code() != Code::feature_missing) throw;
    return std::nullopt;
  }
}

// What may be there by what the caller knows; snat and masqAll are assumed.
std::vector<Element> candidates(const Owner& owner, const std::vector<Kind>& kinds, const Hints& hints) {
  Intents intents;
  if (contains(kinds, Kind::masquerade)) intents.masquerade = Masquerade{hints.addresses};
  if (contains(kinds, Kind::host_port)) {
    intents.port_forwards = PortForwards{.families = hints.ports, .masquerade_all = true};
  }
  return wanted(owner, intents).elements;
}

// The kinds for which the hints do not do. Interfaces are not among them, and what is published on
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

// A table without any element is of no use to anybody: it goes as a whole.
void add_table_removal(Requests& to, const Ruleset& present, const Sets& after) {
  for (const Table table : {Table::inet, Table::bridge}) {
    const bool is_there =
        std::ranges::any_of(present.sets, [table](const auto& set) { return set.first.table() == table; });
    if (is_there && !is_in_use(after, table)) to.push_back(delete_table(table));
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

}  // namespace

// Compare and delete: what is read as the owner's is deleted at the generation at which it was read.
void remove(const Owner& owner, const std::vector<Kind>& kinds, const Hints& hints) {
  const std::string tag = owner.tag();
  auto asked = candidates(owner, kinds, hints);
  const auto walked = unhinted(kinds, asked, hints);
  std::erase_if(asked, [&](const Element& element) { return contains(walked, element.set.kind()); });
  auto there = open_if_there();
  if (!there) return;
  Socket& socket = *there;
  commit_current(socket, [&] {
    Found found = find_elements(socket, asked);
    std::erase_if(found.elements, [&](const Element& element) { return element.comment != tag; });
    const Sets present = read_sets(socket, walked, of_owner(tag));
    Changes changes = difference(present, without(present, [&](const Element& e) { return e.comment == tag; }));
    std::ranges::move(found.elements, std::back_inserter(changes.remove));
    std::ranges::sort(changes.remove, in_order);
    Attempt attempt{.generation = found.generation, .requests = {}};
    add_deletions(attempt.requests, changes.remove);
    add_creations(attempt.requests, changes.add, true);
    return attempt;
  });
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
    const Sets after = without(present.sets, goes);
    const Changes changes = difference(present.sets, after);
    Attempt attempt{.generation = present.generation, .requests = {}};
    add_deletions(attempt.requests, changes.remove);
    add_creations(attempt.requests, changes.add, true);
    add_scaffolding_removal(attempt.requests, present, after, kinds);
    add_table_removal(attempt.requests, present, after);
    return attempt;
  });
}

}  // namespace patchbay::firewall::nftables
