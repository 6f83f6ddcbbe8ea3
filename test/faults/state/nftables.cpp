// SPDX-License-Identifier: Apache-2.0
// The nftables ruleset as the kernel tells it, without handles and counters.
#include <netinet/in.h>
// first, or they define the same
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cstring>

#include "test/faults/state/dump.hpp"
#include "test/faults/state/state.hpp"

namespace patchbay::faults {
namespace {

constexpr std::uint16_t nft(int command) { return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | command); }

std::vector<std::uint8_t> header_of(std::uint8_t family) { return {family, NFNETLINK_V0, 0, 0}; }

// NUL included, as the kernel gave it.
void append_attribute(std::vector<std::uint8_t>& to, int type, Bytes value) {
  const nlattr header{.nla_len = static_cast<std::uint16_t>(sizeof(nlattr) + value.size()),
                      .nla_type = static_cast<std::uint16_t>(type)};
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&header);
  to.insert(to.end(), bytes, bytes + sizeof header);
  to.insert(to.end(), value.begin(), value.end());
  to.resize((to.size() + NLA_ALIGNTO - 1) / NLA_ALIGNTO * NLA_ALIGNTO);
}

struct Set {
  std::uint8_t family;
  std::vector<std::uint8_t> table, name;
};

std::vector<std::uint8_t> copy(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

void read_elements(Lister& lister, State& to, const Set& set) {
  auto body = header_of(set.family);
  append_attribute(body, NFTA_SET_ELEM_LIST_TABLE, set.table);
  append_attribute(body, NFTA_SET_ELEM_LIST_SET, set.name);
  lister.list(nft(NFT_MSG_GETSETELEM), body, [&](std::uint16_t, Bytes payload) {
    const auto all = attributes(payload.subspan(sizeof(nfgenmsg)));
    const auto list = all.find(NFTA_SET_ELEM_LIST_ELEMENTS);
    if (list == all.end()) return;
    for (const Bytes element : nested(list->second)) {
      to.insert("nft element " + shown(set.table) + " " + shown(set.name) +
                shown(attributes(element), {NFTA_SET_ELEM_KEY, NFTA_SET_ELEM_KEY_END, NFTA_SET_ELEM_DATA,
                                            NFTA_SET_ELEM_FLAGS, NFTA_SET_ELEM_TIMEOUT, NFTA_SET_ELEM_USERDATA}));
    }
  });
}

// What has passed since is no part of the state.
std::vector<std::uint8_t> without_counters(Bytes expressions) {
  std::vector<std::uint8_t> bytes = copy(expressions);
  for (const Bytes expression : nested(expressions)) {
    const auto all = attributes(expression);
    const auto name = all.find(NFTA_EXPR_NAME), data = all.find(NFTA_EXPR_DATA);
    if (name == all.end() || data == all.end() || shown(name->second) != "counter\\00") continue;
    std::fill_n(bytes.begin() + (data->second.data() - expressions.data()), data->second.size(), std::uint8_t{0});
  }
  return bytes;
}

void read_rules(Lister& lister, State& to) {
  lister.list(nft(NFT_MSG_GETRULE), header_of(NFPROTO_UNSPEC), [&](std::uint16_t, Bytes payload) {
    auto all = attributes(payload.subspan(sizeof(nfgenmsg)));
    const auto expressions = without_counters(all[NFTA_RULE_EXPRESSIONS]);
    all[NFTA_RULE_EXPRESSIONS] = expressions;
    to.insert("nft rule" + shown(all, {NFTA_RULE_TABLE, NFTA_RULE_CHAIN, NFTA_RULE_EXPRESSIONS, NFTA_RULE_USERDATA}));
  });
}

}  // namespace

void read_nftables(State& to) {
  Lister lister{NETLINK_NETFILTER};
  const auto list = [&](int command, const char* what, std::initializer_list<int> chosen) {
    lister.list(nft(command), header_of(NFPROTO_UNSPEC), [&](std::uint16_t, Bytes payload) {
      to.insert(std::string{"nft "} + what + shown(attributes(payload.subspan(sizeof(nfgenmsg))), chosen));
    });
  };
  list(NFT_MSG_GETTABLE, "table", {NFTA_TABLE_NAME, NFTA_TABLE_FLAGS});
  list(NFT_MSG_GETCHAIN, "chain", {NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME, NFTA_CHAIN_HOOK, NFTA_CHAIN_POLICY});
  read_rules(lister, to);
  std::vector<Set> sets;
  lister.list(nft(NFT_MSG_GETSET), header_of(NFPROTO_UNSPEC), [&](std::uint16_t, Bytes payload) {
    const auto all = attributes(payload.subspan(sizeof(nfgenmsg)));
    to.insert("nft set" + shown(all, {NFTA_SET_TABLE, NFTA_SET_NAME, NFTA_SET_FLAGS, NFTA_SET_KEY_LEN}));
    sets.push_back({payload.front(), copy(all.at(NFTA_SET_TABLE)), copy(all.at(NFTA_SET_NAME))});
  });
  for (const Set& set : sets) read_elements(lister, to, set);
}

}  // namespace patchbay::faults
