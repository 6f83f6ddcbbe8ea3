// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/nftables/requests.hpp"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "common/firewall/nftables/userdata.hpp"

namespace patchbay::firewall::nftables {
namespace {

constexpr std::uint16_t kCreate = NLM_F_CREATE, kExclusive = NLM_F_CREATE | NLM_F_EXCL,
                        kAppend = NLM_F_CREATE | NLM_F_APPEND;

wire::Message message(int type, std::uint16_t flags, Table table) {
  const nfgenmsg header{.nfgen_family = static_cast<std::uint8_t>(table), .version = NFNETLINK_V0, .res_id = 0};
  return {message_type(type), flags, header};
}

std::string where(Table table) {
  return std::string{table == Table::inet ? "inet " : "bridge "} + std::string{kTableName};
}

std::string where(const SetName& set) { return where(set.table()) + " " + set.text(); }

// nft numbers the type of a concatenation by its columns, 6 bits each (TYPE_BITS).
std::uint32_t type_of(const Columns& columns) {
  std::uint32_t type = 0;
  for (const Column column : columns) type = type << 6 | static_cast<std::uint32_t>(column);
  return type;
}

ByteOrder order_of(const Columns& columns) {
  if (columns.size() > 1) return ByteOrder::mixed;
  return columns.front() == Column::ifname ? ByteOrder::host : ByteOrder::network;
}

enum class Part : std::uint8_t { key, whole, whole_with_timeout };

constexpr std::uint64_t kShortestTimeout = 1;  // ms; the kernel makes a tick of it

void put_elements(wire::Message& to, const SetName& set, std::span<const Element> elements, Part part) {
  to.put_text(NFTA_SET_ELEM_LIST_TABLE, kTableName).put_text(NFTA_SET_ELEM_LIST_SET, set.text());
  to.nest(NFTA_SET_ELEM_LIST_ELEMENTS, [&] {
    for (const Element& element : elements) {
      to.nest(NFTA_LIST_ELEM, [&] {
        to.nest(NFTA_SET_ELEM_KEY, [&] { to.put(NFTA_DATA_VALUE, element.key); });
        if (part == Part::key) return;
        if (!element.data.empty()) {
          to.nest(NFTA_SET_ELEM_DATA, [&] { to.put(NFTA_DATA_VALUE, element.data); });
        }
        if (part == Part::whole_with_timeout) to.put_be64(NFTA_SET_ELEM_TIMEOUT, kShortestTimeout);
        to.put(NFTA_SET_ELEM_USERDATA, comment_userdata(element.comment));
      });
    }
  });
}

wire::Request elements_request(std::string verb, int type, std::uint16_t flags, const SetName& set,
                               std::span<const Element> elements, Part part) {
  wire::Message to = message(type, flags, set.table());
  put_elements(to, set, elements, part);
  return {std::move(verb) + " " + std::to_string(elements.size()) + " element(s) of " + where(set), to.release(), {}};
}

}  // namespace

std::uint16_t message_type(int message) { return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message); }

wire::Request create_table(Table table) {
  wire::Message to = message(NFT_MSG_NEWTABLE, kCreate, table);
  to.put_text(NFTA_TABLE_NAME, kTableName).put_be32(NFTA_TABLE_FLAGS, 0);
  to.put(NFTA_TABLE_USERDATA, comment_userdata("made by the patchbay CNI plugins; elements say whose they are"));
  return {"create table " + where(table), to.release(), {}};
}

wire::Request create_chain(const Chain& chain) {
  wire::Message to = message(NFT_MSG_NEWCHAIN, kCreate, chain.table);
  to.put_text(NFTA_CHAIN_TABLE, kTableName).put_text(NFTA_CHAIN_NAME, chain.name);
  if (chain.hook) {
    to.put_text(NFTA_CHAIN_TYPE, chain.hook->type);
    to.nest(NFTA_CHAIN_HOOK, [&] {
      to.put_be32(NFTA_HOOK_HOOKNUM, chain.hook->number);
      to.put_be32(NFTA_HOOK_PRIORITY, static_cast<std::uint32_t>(chain.hook->priority));
    });
  }
  return {"create chain " + where(chain.table) + " " + chain.name, to.release(), {}};
}

wire::Request create_set(const SetName& set, std::uint32_t id) {
  const Columns key = set.key(), data = set.data();
  wire::Message to = message(NFT_MSG_NEWSET, kCreate, set.table());
  to.put_text(NFTA_SET_TABLE, kTableName).put_text(NFTA_SET_NAME, set.text());
  // With NFT_SET_TIMEOUT elements can be made to expire; without being told to, none does.
  to.put_be32(NFTA_SET_FLAGS, (data.empty() ? 0U : unsigned{NFT_SET_MAP}) | NFT_SET_TIMEOUT);
  to.put_be32(NFTA_SET_KEY_TYPE, type_of(key)).put_be32(NFTA_SET_KEY_LEN, static_cast<std::uint32_t>(width(key)));
  if (!data.empty()) {
    to.put_be32(NFTA_SET_DATA_TYPE, type_of(data));
    to.put_be32(NFTA_SET_DATA_LEN, static_cast<std::uint32_t>(width(data)));
  }
  to.put_be32(NFTA_SET_ID, id).put(NFTA_SET_USERDATA, set_userdata(order_of(key), !data.empty()));
  return {"create set " + where(set), to.release(), {}};
}

wire::Request append_rule(const Rule& rule) {
  wire::Message to = message(NFT_MSG_NEWRULE, kAppend, rule.table);
  to.put_text(NFTA_RULE_TABLE, kTableName).put_text(NFTA_RULE_CHAIN, rule.chain);
  to.nest(NFTA_RULE_EXPRESSIONS, [&] {
    Program program{to};
    rule.body(program);
  });
  to.put(NFTA_RULE_USERDATA, comment_userdata(rule.id));
  return {"add rule \"" + rule.id + "\" to chain " + where(rule.table) + " " + rule.chain, to.release(), {}};
}

wire::Request create_elements(const SetName& set, std::span<const Element> elements, bool exclusive) {
  return elements_request("add", NFT_MSG_NEWSETELEM, exclusive ? kExclusive : kCreate, set, elements, Part::whole);
}

wire::Request expire_elements(const SetName& set, std::span<const Element> elements) {
  return elements_request("expire", NFT_MSG_NEWSETELEM, kCreate, set, elements, Part::whole_with_timeout);
}

wire::Request delete_elements(const SetName& set, std::span<const Element> elements) {
  return elements_request("delete", NFT_MSG_DELSETELEM, 0, set, elements, Part::key);
}

wire::Request delete_rule(Table table, std::string_view chain, std::uint64_t handle) {
  wire::Message to = message(NFT_MSG_DELRULE, 0, table);
  to.put_text(NFTA_RULE_TABLE, kTableName).put_text(NFTA_RULE_CHAIN, chain).put_be64(NFTA_RULE_HANDLE, handle);
  return {"delete a rule of chain " + where(table) + " " + std::string{chain}, to.release(), {}};
}

wire::Request flush_chain(Table table, std::string_view chain) {
  wire::Message to = message(NFT_MSG_DELRULE, 0, table);
  to.put_text(NFTA_RULE_TABLE, kTableName).put_text(NFTA_RULE_CHAIN, chain);
  return {"flush chain " + where(table) + " " + std::string{chain}, to.release(), {}};
}

wire::Request delete_chain(Table table, std::string_view chain) {
  wire::Message to = message(NFT_MSG_DELCHAIN, 0, table);
  to.put_text(NFTA_CHAIN_TABLE, kTableName).put_text(NFTA_CHAIN_NAME, chain);
  return {"delete chain " + where(table) + " " + std::string{chain}, to.release(), {}};
}

wire::Request delete_table(Table table) {
  wire::Message to = message(NFT_MSG_DELTABLE, 0, table);
  to.put_text(NFTA_TABLE_NAME, kTableName);
  return {"delete table " + where(table), to.release(), {}};
}

wire::Request delete_set(const SetName& set) {
  wire::Message to = message(NFT_MSG_DELSET, 0, set.table());
  to.put_text(NFTA_SET_TABLE, kTableName).put_text(NFTA_SET_NAME, set.text());
  return {"delete set " + where(set), to.release(), {}};
}

wire::Request get_generation() {
  const nfgenmsg header{.nfgen_family = NFPROTO_UNSPEC, .version = NFNETLINK_V0, .res_id = 0};
  wire::Message to{message_type(NFT_MSG_GETGEN), 0, header};
  return {"read the generation of the ruleset", to.release(), {}};
}

wire::Request get_table(std::string_view name) {
  wire::Message to = message(NFT_MSG_GETTABLE, 0, Table::inet);
  to.put_text(NFTA_TABLE_NAME, name);
  return {"look for table inet " + std::string{name}, to.release(), {ENOENT}};
}

wire::Request get_chain(Table table, std::string_view chain) {
  wire::Message to = message(NFT_MSG_GETCHAIN, 0, table);
  to.put_text(NFTA_CHAIN_TABLE, kTableName).put_text(NFTA_CHAIN_NAME, chain);
  return {"read chain " + where(table) + " " + std::string{chain}, to.release(), {ENOENT}};
}

wire::Request get_element(const Element& element) {
  wire::Message to = message(NFT_MSG_GETSETELEM, 0, element.set.table());
  put_elements(to, element.set, {&element, 1}, Part::key);
  return {"read an element of " + where(element.set), to.release(), {ENOENT}};
}

wire::Request list_sets(Table table) {
  wire::Message to = message(NFT_MSG_GETSET, 0, table);
  to.put_text(NFTA_SET_TABLE, kTableName);
  return {"list the sets of " + where(table), to.release(), {ENOENT}};
}

wire::Request list_elements(const SetName& set) {
  wire::Message to = message(NFT_MSG_GETSETELEM, 0, set.table());
  to.put_text(NFTA_SET_ELEM_LIST_TABLE, kTableName).put_text(NFTA_SET_ELEM_LIST_SET, set.text());
  return {"list the elements of " + where(set), to.release(), {ENOENT}};
}

wire::Request list_rules(Table table) {
  wire::Message to = message(NFT_MSG_GETRULE, 0, table);
  to.put_text(NFTA_RULE_TABLE, kTableName);
  return {"list the rules of " + where(table), to.release(), {ENOENT}};
}

}  // namespace patchbay::firewall::nftables
