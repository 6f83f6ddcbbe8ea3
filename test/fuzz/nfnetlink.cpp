// SPDX-License-Identifier: Apache-2.0
// What comes out of a NETLINK_NETFILTER socket: rules, sets and elements, which anybody with
// CAP_NET_ADMIN may have put into our tables, and tracked connections.
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>

#include "common/firewall/detail/flow.hpp"
#include "common/firewall/nftables/replies.hpp"
#include "common/firewall/nftables/requests.hpp"
#include "common/firewall/nftables/userdata.hpp"
#include "common/wire/detail/inbox.hpp"
#include "test/fuzz/fuzz.hpp"

using namespace patchbay;
using namespace patchbay::fuzz;
using namespace patchbay::firewall::nftables;

namespace {

void examine(const SetName& name) {
  require(SetName::parse(name.text()) == name, "a set's name that was written reads as itself");
  require(!name.key().empty() && width(name.key()) % 4 == 0, "a key has columns");
}

void examine(const Element& element, Sets& sets) {
  examine(element.set);
  require(!absence(element).empty(), "it can be told what does not happen without an element");
  if (!element.set.data().empty()) {
    require(!host_port_text(element).empty() && !target_text(element).empty(), "a host port can be told");
  }
  sets[element.set].insert_or_assign(element.key, element);
}

void read(const wire::Reply& reply) {
  static_cast<void>(parse_generation(reply));
  static_cast<void>(parse_chain(reply));
  static_cast<void>(parse_rule(reply, Table::inet));
  if (const auto name = parse_set(reply)) examine(*name);
  Sets sets;
  const auto keep = [](const SetName& /*set*/, std::string_view comment) { return comment != "not this one"; };
  for_each_element(reply, keep, [&](const Element& element) { examine(element, sets); });
  derive_placeholders(sets);
  Sets again = sets;
  derive_placeholders(again);
  require(again == sets, "placeholders that are there are derived as they are");
  if (const auto flow = firewall::detail::parse_flow(reply)) {
    require(!flow->raw_original.empty(), "a flow can be named");
  }
}

std::uint16_t tracked() { return NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> input{data, size};
  auto datagram = input;
  while (const auto received = wire::detail::take_message(datagram)) read(received->reply);
  for (const int type : {NFT_MSG_NEWGEN, NFT_MSG_NEWCHAIN, NFT_MSG_NEWRULE, NFT_MSG_NEWSET, NFT_MSG_NEWSETELEM}) {
    read({.type = message_type(type), .flags = 0, .payload = input});
  }
  read({.type = tracked(), .flags = 0, .payload = input});
  const std::string comment = comment_of(input);
  if (comment.size() <= kCommentLength) {
    require(comment_of(comment_userdata(comment)) == comment, "a comment that was written reads as itself");
  }
  if (const auto name = SetName::parse(text_of(input))) examine(*name);
  return 0;
}
