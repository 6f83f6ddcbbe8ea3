// SPDX-License-Identifier: Apache-2.0
// A rule in a table that iptables and nft share, whoever wrote it, as the kernel dumps it. The first byte
// chooses the family, the others are the message's attributes.
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <optional>

#include "common/base/error.hpp"
#include "common/firewall/iptables/compat/rule_message.hpp"
#include "test/fuzz/fuzz.hpp"

using namespace patchbay;
using namespace patchbay::fuzz;
using namespace patchbay::firewall::iptables;

namespace {

// nullopt for rules that we have no words for.
std::optional<wire::Message> written(net::Family family, const Rule& rule) {
  wire::Message message{0, 0, nfgenmsg{.nfgen_family = 0, .version = NFNETLINK_V0, .res_id = 0}};
  message.put_text(NFTA_RULE_CHAIN, rule.chain);
  try {
    put_rule(message, family, rule);
  } catch (const Error&) {
    return std::nullopt;
  }
  return message;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::span<const std::uint8_t> input{data, size};
  const auto family = take_choice(input) % 2 == 0 ? patchbay::net::Family::v4 : patchbay::net::Family::v6;
  const Rule rule = read_rule(family, wire::Attributes{input}).rule;
  require(to_text(rule).starts_with("-A "), "a rule can be told");
  const auto ours = written(family, rule);
  if (!ours) return 0;
  const auto bytes = ours->bytes().subspan(sizeof(nlmsghdr) + sizeof(nfgenmsg));
  require(read_rule(family, wire::Attributes{bytes}).rule == rule, "a rule that was written reads as what it says");
  return 0;
}
