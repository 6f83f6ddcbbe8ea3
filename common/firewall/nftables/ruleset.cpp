// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/nftables/ruleset.hpp"

#include <algorithm>
#include <array>

#include "common/base/error.hpp"
#include "common/firewall/nftables/requests.hpp"

namespace patchbay::firewall::nftables {
namespace {

constexpr std::array kTables{Table::inet, Table::bridge};

// As many answers as surely fit into the receive buffer of a socket (net.core.rmem_default).
constexpr std::size_t kGetsAtOnce = 32;

bool keep_all(const SetName& /*set*/, std::string_view /*comment*/) { return true; }

std::vector<SetName> read_set_names(wire::Socket& socket, Table table) {
  std::vector<SetName> names;
  socket.dump(
      list_sets(table), [&] { names.clear(); },
      [&](const wire::Reply& reply) {
        const auto name = parse_set(reply);
        if (name && name->table() == table) names.push_back(*name);
      });
  return names;
}

Elements read_elements(wire::Socket& socket, const SetName& set, const Keep& keep) {
  Elements elements;
  socket.dump(
      list_elements(set), [&] { elements.clear(); },
      [&](const wire::Reply& reply) {
        for_each_element(reply, keep, [&](Element element) {
          Bytes key = element.key;
          elements.insert_or_assign(std::move(key), std::move(element));
        });
      });
  return elements;
}

void read_rules(wire::Socket& socket, Table table, std::vector<PresentRule>& rules) {
  const std::size_t others = rules.size();
  socket.dump(
      list_rules(table), [&] { rules.resize(others); },
      [&](const wire::Reply& reply) {
        if (auto rule = parse_rule(reply, table)) rules.push_back(*std::move(rule));
      });
}

}  // namespace

std::optional<wire::Socket> open_if_there() {
  try {
    return wire::Socket{wire::Socket::Family::netfilter};
  } catch (const Error& error) {
    if (error.code() != Code::feature_missing) throw;
    return std::nullopt;
  }
}

bool may_lack_subsystem(const Error& error) {
  return error.error_number() == EINVAL || error.error_number() == EOPNOTSUPP;
}

Sets read_sets(wire::Socket& socket, const std::vector<Kind>& kinds, const Keep& keep) {
  Sets sets;
  for (const Table table : kTables) {
    if (std::ranges::none_of(kinds, [&](Kind kind) { return table_of(kind) == table; })) continue;
    for (const SetName& name : read_set_names(socket, table)) {
      if (std::ranges::find(kinds, name.kind()) != kinds.end()) sets[name] = read_elements(socket, name, keep);
    }
  }
  return sets;
}

Ruleset read_ruleset(wire::Socket& socket) {
  Ruleset ruleset{.generation = find_elements(socket, {}).generation, .sets = {}, .rules = {}};
  if (ruleset.generation == 0) return ruleset;
  ruleset.sets = read_sets(
      socket, {Kind::masquerade, Kind::host_port, Kind::mac_spoof, Kind::forward, Kind::confinement, Kind::isolation},
      keep_all);
  ruleset.rules = read_rules(socket);
  return ruleset;
}

std::vector<PresentRule> read_rules(wire::Socket& socket) {
  std::vector<PresentRule> rules;
  for (const Table table : kTables) read_rules(socket, table, rules);
  return rules;
}

Found find_elements(wire::Socket& socket, std::span<const Element> asked) {
  Found found;
  const auto on_reply = [&](const wire::Reply& reply) {
    if (const auto generation = parse_generation(reply)) found.generation = *generation;
    for_each_element(reply, keep_all, [&](Element element) { found.elements.push_back(std::move(element)); });
  };
  for (bool first = true; first || !asked.empty(); first = false) {
    std::vector<wire::Request> requests;
    if (first) requests.push_back(get_generation());
    const auto some = asked.first(std::min(kGetsAtOnce, asked.size()));
    for (const Element& element : some) requests.push_back(get_element(element));
    asked = asked.subspan(some.size());
    try {
      socket.transact(std::move(requests), on_reply);
    } catch (const Error& error) {
      if (!may_lack_subsystem(error) || found.generation != 0) throw;
      return found;
    }
  }
  return found;
}

bool chains_are_filled(wire::Socket& socket, const Layout& layout) {
  std::vector<wire::Request> requests;
  for (const Chain& chain : layout.chains) requests.push_back(get_chain(chain.table, chain.name));
  std::size_t filled = 0;
  socket.transact(std::move(requests), [&](const wire::Reply& reply) {
    const auto chain = parse_chain(reply);
    if (!chain) return;
    const auto uses = std::ranges::count_if(layout.rules, [&](const Rule& rule) {
      return rule.table == chain->table && (rule.chain == chain->name || rule.jumps_to == chain->name);
    });
    if (static_cast<std::int64_t>(chain->uses) >= uses) ++filled;
  });
  return filled == layout.chains.size();
}

}  // namespace patchbay::firewall::nftables
