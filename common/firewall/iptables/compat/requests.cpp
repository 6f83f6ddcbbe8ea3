// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/compat/requests.hpp"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "common/firewall/iptables/compat/rule_message.hpp"
#include "common/firewall/nftables/requests.hpp"

namespace patchbay::firewall::iptables {
namespace {

wire::Message message(int type, std::uint16_t flags, const TableId& table) {
  const std::uint8_t family = table.family == net::Family::v4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
  const nfgenmsg header{.nfgen_family = family, .version = NFNETLINK_V0, .res_id = 0};
  return {nftables::message_type(type), flags, header};
}

wire::Message about_chain(int type, std::uint16_t flags, const TableId& table, std::string_view chain) {
  wire::Message to = message(type, flags, table);
  to.put_text(NFTA_CHAIN_TABLE, table.name).put_text(NFTA_CHAIN_NAME, chain);
  return to;
}

wire::Message about_rules(int type, std::uint16_t flags, const TableId& table, std::string_view chain) {
  wire::Message to = message(type, flags, table);
  to.put_text(NFTA_RULE_TABLE, table.name).put_text(NFTA_RULE_CHAIN, chain);
  return to;
}

wire::Request request(std::string doing, wire::Message& message) { return {std::move(doing), message.release(), {}}; }

}  // namespace

wire::Request create_table(const TableId& table) {
  wire::Message to = message(NFT_MSG_NEWTABLE, NLM_F_CREATE, table);
  to.put_text(NFTA_TABLE_NAME, table.name).put_be32(NFTA_TABLE_FLAGS, 0);
  return request("create the table", to);
}

wire::Request create_chain(const TableId& table, const std::string& chain) {
  wire::Message to = about_chain(NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, table, chain);
  return request("create chain " + chain, to);
}

wire::Request create_builtin(const TableId& table, const Builtin& builtin) {
  wire::Message to = about_chain(NFT_MSG_NEWCHAIN, NLM_F_CREATE, table, builtin.chain);
  to.nest(NFTA_CHAIN_HOOK, [&] {
    to.put_be32(NFTA_HOOK_HOOKNUM, builtin.hook);
    to.put_be32(NFTA_HOOK_PRIORITY, static_cast<std::uint32_t>(builtin.priority));
  });
  to.put_be32(NFTA_CHAIN_POLICY, NF_ACCEPT).put_text(NFTA_CHAIN_TYPE, builtin.type);
  return request("create chain " + std::string{builtin.chain}, to);
}

wire::Request append_rule(const TableId& table, const Rule& rule) {
  wire::Message to = about_rules(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, table, rule.chain);
  put_rule(to, table.family, rule);
  return request("add " + to_text(rule), to);
}

wire::Request insert_rule(const TableId& table, const Rule& rule, std::uint64_t before) {
  wire::Message to = about_rules(NFT_MSG_NEWRULE, NLM_F_CREATE, table, rule.chain);
  to.put_be64(NFTA_RULE_POSITION, before);
  put_rule(to, table.family, rule);
  return request("insert " + to_text(rule), to);
}

wire::Request delete_rule(const TableId& table, const std::string& chain, std::uint64_t handle) {
  wire::Message to = about_rules(NFT_MSG_DELRULE, 0, table, chain);
  to.put_be64(NFTA_RULE_HANDLE, handle);
  return request("delete a rule of chain " + chain, to);
}

wire::Request flush_chain(const TableId& table, const std::string& chain) {
  wire::Message to = about_rules(NFT_MSG_DELRULE, 0, table, chain);
  return request("flush chain " + chain, to);
}

wire::Request delete_chain(const TableId& table, const std::string& chain) {
  wire::Message to = about_chain(NFT_MSG_DELCHAIN, 0, table, chain);
  return request("delete chain " + chain, to);
}

wire::Request get_table(const TableId& table) {
  wire::Message to = message(NFT_MSG_GETTABLE, 0, table);
  to.put_text(NFTA_TABLE_NAME, table.name);
  return {"look for the table", to.release(), {ENOENT}};
}

wire::Request get_chain(const TableId& table, const std::string& chain) {
  wire::Message to = about_chain(NFT_MSG_GETCHAIN, 0, table, chain);
  return {"look for chain " + chain, to.release(), {ENOENT}};
}

wire::Request list_chains(const TableId& table) {
  wire::Message to = message(NFT_MSG_GETCHAIN, 0, table);
  return request("list the chains", to);
}

wire::Request list_rules(const TableId& table) {
  wire::Message to = message(NFT_MSG_GETRULE, 0, table);
  to.put_text(NFTA_RULE_TABLE, table.name);
  return {"list the rules", to.release(), {ENOENT}};
}

wire::Request list_rules(const TableId& table, const std::string& chain) {
  wire::Message to = about_rules(NFT_MSG_GETRULE, 0, table, chain);
  return {"list the rules of chain " + chain, to.release(), {ENOENT}};
}

}  // namespace patchbay::firewall::iptables
