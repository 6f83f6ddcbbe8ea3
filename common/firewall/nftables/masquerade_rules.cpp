// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/nftables/builder.hpp"

namespace patchbay::firewall::nftables {
namespace {

net::Cidr multicast(net::Family family) {
  if (family == net::Family::v4) return {net::Ip::from_bytes(family, "\xe0\0\0"), 4};  // RFC 5771
  return {net::Ip::from_bytes(family, "\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), 8};         // RFC 4291
}

}  // namespace

void add_masquerade(Builder& to) {
  to.chain(kMasquerading);
  to.jump(kPostrouting, "masquerade", kMasquerading);
  for (const net::Family family : kFamilies) {
    // ip daddr 224.0.0.0/4 return
    to.rule(kMasquerading, "not multicast, " + version(family),
            [=](Program& program) { program.is(family).address_in(Side::destination, multicast(family)).leave(); });
  }
  for (const net::Family family : kFamilies) {
    const SetName lone{Role::masquerade_host, family, {}};
    to.layout.sets.push_back(lone);
    // ip saddr @masq_hosts4 masquerade
    to.rule(kMasquerading, "addresses without a subnet, " + version(family), [=](Program& program) {
      unsigned at = 0;
      program.is(family).load_address(Side::source, family, at).in(lone).masquerade();
    });
  }
}

// ip saddr @masq_10.88.0.0/16 ip daddr != 10.88.0.0/16 masquerade
void add_masquerade_subnet(Builder& to, const SetName& set, const net::Cidr& subnet) {
  to.layout.sets.push_back(set);
  const auto body = [=](Program& program) {
    unsigned at = 0;
    program.is(set.family).load_address(Side::source, set.family, at).in(set);
    program.address_in(Side::destination, subnet, true).masquerade();
  };
  to.rule(kMasquerading, rule_id(set), body, false);
}

}  // namespace patchbay::firewall::nftables
