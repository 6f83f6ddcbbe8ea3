// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/nftables/replies.hpp"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "common/firewall/nftables/requests.hpp"
#include "common/firewall/nftables/userdata.hpp"

namespace patchbay::firewall::nftables {
namespace {

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

}  // namespace

std::optional<std::uint32_t> parse_generation(const wire::Reply& reply) {
  const auto generation = attributes_of(reply, NFT_MSG_NEWGEN);
  return generation ? generation->be32(NFTA_GEN_ID) : std::nullopt;
}

std::optional<SetName> parse_set(const wire::Reply& reply) {
  const auto set = attributes_of(reply, NFT_MSG_NEWSET);
  if (!set || set->text(NFTA_SET_TABLE) != kTableName) return std::nullopt;
  return SetName::parse(set->text(NFTA_SET_NAME));
}

std::optional<PresentRule> parse_rule(const wire::Reply& reply, Table table) {
  const auto rule = attributes_of(reply, NFT_MSG_NEWRULE);
  if (!rule || rule->text(NFTA_RULE_TABLE) != kTableName) return std::nullopt;
  return PresentRule{table, rule->text(NFTA_RULE_CHAIN), userdata_comment(*rule, NFTA_RULE_USERDATA),
                     rule->be64(NFTA_RULE_HANDLE).value_or(0)};
}

std::optional<PresentChain> parse_chain(const wire::Reply& reply) {
  const auto chain = attributes_of(reply, NFT_MSG_NEWCHAIN);
  if (!chain) return std::nullopt;
  const auto family = reply.payload.front();  // nfgen_family
  return PresentChain{static_cast<Table>(family), chain->text(NFTA_CHAIN_NAME),
                      chain->be32(NFTA_CHAIN_USE).value_or(0)};
}

void for_each_element(const wire::Reply& reply, const Keep& keep, const std::function<void(Element)>& visit) {
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

}  // namespace patchbay::firewall::nftables
