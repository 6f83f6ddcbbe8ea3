// SPDX-License-Identifier: Apache-2.0
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>

#include "common/firewall/nftables/builder.hpp"

namespace patchbay::firewall::nftables {
namespace {

constexpr std::string_view kHostPorts = "hostports", kPublished = "published";
constexpr std::array kProtocols{std::pair{Protocol::tcp, "tcp"}, std::pair{Protocol::udp, "udp"},
                                std::pair{Protocol::sctp, "sctp"}};

net::Cidr localhost(net::Family family = net::Family::v4) {
  return *net::Cidr::parse(family == net::Family::v4 ? "127.0.0.0/8" : "::1/128");
}

// hostports, and the chain of each condition space. What is published on one address comes first,
// then what is published on all of them; placeholders are passed by.
void add_lookups(Builder& to, std::string_view chain, net::Family family, const std::string& space) {
  const SetName everywhere{Role::host_port, family, space}, by_address{Role::host_port_ip, family, space},
      by_address_only{Role::host_port_ip_only, family, space};
  for (const SetName& set : {by_address, by_address_only, everywhere}) to.layout.sets.push_back(set);
  // dnat ip to ip daddr . meta l4proto . th dport map @hostports4_ip
  to.rule(chain, "published on one address, " + version(family), [=](Program& program) {
    unsigned at = 0;
    program.is(family).load_address(Side::destination, family, at).load_protocol(at).load_port(at);
    program.forward_to(by_address);
  });
  // meta nfproto ipv4 meta l4proto . th dport @hostports4_ip_only return
  to.rule(chain, "not on the others, " + version(family), [=](Program& program) {
    unsigned at = 0;
    program.is(family).load_protocol(at).load_port(at).in(by_address_only).leave();
  });
  // meta nfproto ipv4 dnat ip to meta l4proto . th dport map @hostports4
  to.rule(chain, "published on every address, " + version(family), [=](Program& program) {
    unsigned at = 0;
    program.is(family).load_protocol(at).load_port(at).forward_to(everywhere);
  });
}

void add_condition(Program& program, const Condition& condition) {
  switch (condition.field) {
    case Condition::Field::source:
      program.address_in(Side::source, condition.subnet, condition.negated);
      break;
    case Condition::Field::destination:
      program.address_in(Side::destination, condition.subnet, condition.negated);
      break;
    case Condition::Field::in_interface:
      program.interface(true, condition.interface, condition.negated);
      break;
    case Condition::Field::out_interface:
      program.interface(false, condition.interface, condition.negated);
      break;
    case Condition::Field::mark:
      program.mark(condition.mark, condition.mask, condition.negated);
  }
}

// Only packets to this host's own addresses get in (CVE-2025-67499), and 127.0.0.0/8 and ::1 are for
// packets from here alone. Translation would take them further before the kernel sees that they are
// none of a neighbour's: of the LAN for IPv4 (moby#45610), on a bridge that calls netfilter for IPv6.
// With route_localnet on the bridge its neighbours could reach this host's own services, too
// (CVE-2020-8558).
void add_ways_in(Builder& to) {
  to.chain("prerouting", Hook{"nat", NF_INET_PRE_ROUTING, kAfterDnat});
  to.chain("output", Hook{"nat", NF_INET_LOCAL_OUT, kAfterDnat});
  to.chain("localhost_guard", Hook{"filter", NF_INET_PRE_ROUTING, NF_IP_PRI_RAW});
  to.chain(kHostPorts);
  to.chain(kConditional);
  // fib daddr type local jump hostports
  const auto to_this_host = [](Program& program) { program.addressed_to_this_host(); };
  to.jump("prerouting", "to this host", kHostPorts, to_this_host);
  to.jump("output", "to this host", kHostPorts, to_this_host);
  for (const net::Family family : kFamilies) {
    // iifname != "lo" ip daddr 127.0.0.0/8 drop
    to.rule("localhost_guard", "localhost is not for neighbours, " + version(family), [=](Program& program) {
      program.interface(true, "lo", true).is(family).address_in(Side::destination, localhost(family)).drop();
    });
  }
  to.jump(kHostPorts, "for some packets only", kConditional);
  for (const net::Family family : kFamilies) add_lookups(to, kHostPorts, family, {});
}

// Connections that a host port of ours forwarded, and not the service NAT of others: the set knows
// target, protocol and the port that the client asked for. A rule per protocol, because nft 1.0
// cannot tell the type of "ct original proto-dst" otherwise when it reads its own listing.
void add_published(Builder& to) {
  to.chain(kPublished);
  // ct status dnat jump published
  const auto forwarded = [](Program& program) { program.was_forwarded(); };
  to.jump(kPostrouting, "host ports", kPublished, forwarded);
  for (const net::Family family : kFamilies) {
    const SetName published{Role::published, family, {}};
    to.layout.sets.push_back(published);
    for (const auto& [protocol, name] : kProtocols) {
      // meta l4proto tcp ip daddr . meta l4proto . ct original proto-dst @published4 jump hairpin
      const auto when = [family, published, number = protocol](Program& program) {
        unsigned at = 0;
        program.is(number).is(family).load_address(Side::destination, family, at).load_protocol(at);
        program.load_original_port(at).in(published);
      };
      to.jump(kPublished, std::string{name} + ", " + version(family), kHairpin, when);
    }
  }
}

// Of those, the ones that leave with the node's address: from this node's 127.0.0.0/8, from the
// target's own subnet (it would answer there directly; a rule per subnet), and from everywhere
// where masqAll says so.
void add_hairpin(Builder& to) {
  to.chain(kHairpin);
  // ip saddr 127.0.0.0/8 masquerade
  to.rule(kHairpin, "from localhost",
          [](Program& program) { program.is(net::Family::v4).address_in(Side::source, localhost()).masquerade(); });
  for (const net::Family family : kFamilies) {
    const SetName all{Role::masquerade_all, family, {}}, lone{Role::hairpin_host, family, {}};
    for (const SetName& set : {all, lone}) to.layout.sets.push_back(set);
    // ip daddr @masq_all4 masquerade
    to.rule(kHairpin, "from everywhere, " + version(family), [=](Program& program) {
      unsigned at = 0;
      program.is(family).load_address(Side::destination, family, at).in(all).masquerade();
    });
    // ip saddr . ip daddr @hairpin_hosts4 masquerade
    to.rule(kHairpin, "from itself, " + version(family), [=](Program& program) {
      unsigned at = 0;
      program.is(family).load_address(Side::source, family, at).load_address(Side::destination, family, at);
      program.in(lone).masquerade();
    });
  }
}

}  // namespace

void add_host_ports(Builder& to) {
  add_ways_in(to);
  add_published(to);
  add_hairpin(to);
}

void add_space(Builder& to, const Space& space) {
  const std::string chain = space_chain(space.name);
  to.chain(chain);
  add_lookups(to, chain, space.family, space.name);
  if (space.conditions.empty()) return;  // known by its name only
  const auto when = [space](Program& program) {
    program.is(space.family);
    for (const Condition& condition : space.conditions) add_condition(program, condition);
  };
  to.jump(kConditional, space_rule_id(space.name), chain, when, false);
}

// ip saddr 10.88.0.0/16 ip daddr @hairpin_10.88.0.0/16 masquerade
void add_hairpin_subnet(Builder& to, const SetName& set, const net::Cidr& subnet) {
  to.layout.sets.push_back(set);
  const auto body = [=](Program& program) {
    unsigned at = 0;
    program.is(set.family).address_in(Side::source, subnet).load_address(Side::destination, set.family, at);
    program.in(set).masquerade();
  };
  to.rule(kHairpin, rule_id(set), body, false);
}

}  // namespace patchbay::firewall::nftables
