// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/nftables/ruleset.hpp"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>
#include <array>

#include "common/base/error.hpp"
#include "common/firewall/nftables/requests.hpp"
#include "common/firewall/nftables/userdata.hpp"

namespace patchbay::firewall::nftables {
namespace {

constexpr std::array kTables{Table::inet, Table::bridge};

// As many answers as surely fit into the receive buffer of a socket (net.core.rmem_default).
constexpr std::size_t kGetsAtOnce = 32;

bool keep_all(const SetName& /*set*/, std::string_view /*comment*/) { return true; }

// The attributes of an answer of this type; nullopt for others.
std::optional<wire::Attributes> attributes_of(const wire::Reply& reply, int type) {
  if (reply.type != message_type(type)) return std::nullopt;
  const auto parsed = wire::parse<nfgenmsg>(reply.payload);
  return parsed ? std::optional{parsed->second} : std::nullopt;
}

Bytes value_of(const wire::Attributes& data) {
  const auto value = data.find(NFTA_DATA_VALUE);
  return value ? Bytes{value->payload.begin(), value->payload.end()} : Bytes{};
}

std::string userdata_comment(const wire::Attributes& object, std::uint16_t type) {
  const auto userdata = object.find(type);
  return userdata ? comment_of(userdata->payload) : std::string{};
}

template <typename Visit>
void for_each_element(const wire::Reply& reply, const Keep& keep, const Visit& visit) {
  const auto list = attributes_of(reply, NFT_MSG_NEWSETELEM);
  if (!list) return;
  const auto name = SetName::parse(list->text(NFTA_SET_ELEM_LIST_SET));
  if (!name) return;
  list->nested(NFTA_SET_ELEM_LIST_ELEMENTS).for_each([&](const wire::Attribute& entry) {
    const wire::Attributes element{entry.payload};
    std::string comment = userdata_comment(element, NFTA_SET_ELEM_USERDATA);
    if (!keep(*name, comment)) return;
    visit(Element{*name, value_of(element.nested(NFTA_SET_ELEM_KEY)), value_of(element.nested(NFTA_SET_ELEM_DATA)),
                  std::move(comment), element.find(NFTA_SET_ELEM_TIMEOUT).has_value()});
  });
}

std::optional<std::uint32_t> generation_of(const wire::Reply& reply) {
  const auto generation = attributes_of(reply, NFT_MSG_NEWGEN);
  return generation ? generation->be32(NFTA_GEN_ID) : std::nullopt;
}

std::vector<SetName> read_set_names(wire::Socket& socket, Table table) {
  std::vector<SetName> names;
  socket.dump(
      list_sets(table), [&] { names.clear(); },
      [&](const wire::Reply& reply) {
        const auto set = attributes_of(reply, NFT_MSG_NEWSET);
        if (!set || set->text(NFTA_SET_TABLE) != kTableName) return;
        const auto name = SetName::parse(set->text(NFTA_SET_NAME));
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
        const auto rule = attributes_of(reply, NFT_MSG_NEWRULE);
        if (!rule || rule->text(NFTA_RULE_TABLE) != kTableName) return;
        rules.push_back({table, rule->text(NFTA_RULE_CHAIN), userdata_comment(*rule, NFTA_RULE_USERDATA),
                         rule->be64(NFTA_RULE_HANDLE).value_or(0)});
      });
}

}  // namespace

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
  ruleset.sets = read_sets(socket, {Kind::masquerade, Kind::host_port, Kind::mac_spoof}, keep_all);
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
    if (const auto generation = generation_of(reply)) found.generation = *generation;
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
      const bool no_subsystem = error.error_number() == EINVAL || error.error_number() == EOPNOTSUPP;
      if (!no_subsystem || found.generation != 0) throw;
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
    const auto chain = attributes_of(reply, NFT_MSG_NEWCHAIN);
    if (!chain) return;
    const auto table = static_cast<Table>(reply.payload[0]);  // nfgen_family
    const std::string name = chain->text(NFTA_CHAIN_NAME);
    const auto uses = std::ranges::count_if(layout.rules, [&](const Rule& rule) {
      return rule.table == table && (rule.chain == name || rule.jumps_to == name);
    });
    if (static_cast<std::int64_t>(chain->be32(NFTA_CHAIN_USE).value_or(0)) >= uses) ++filled;
  });
  return filled == layout.chains.size();
}

}  // namespace patchbay::firewall::nftables
