// SPDX-License-Identifier: Apache-2.0
#include <linux/netfilter_bridge.h>

#include "common/firewall/nftables/builder.hpp"

namespace patchbay::firewall::nftables {
namespace {

constexpr std::string_view kForward = "forward", kConfinement = "confinement";

// What comes from a bridge with a policy for another one is dropped; and what stays on one that isolates,
// where the bridge lets netfilter see it, or a host port has turned it round.
void add_confinement(Builder& to) {
  to.chain(kConfinement);
  to.jump(kForward, "ingress policies", kConfinement);
  const SetName confined{Role::confined, net::Family::v4, {}}, same{Role::same_bridge, net::Family::v4, {}},
      isolated{Role::isolated, net::Family::v4, {}};
  for (const SetName& set : {confined, same, isolated}) to.layout.sets.push_back(set);
  // iifname . oifname @isolated drop
  to.rule(kConfinement, "within a bridge that isolates", [=](Program& program) {
    unsigned at = 0;
    program.load_in_interface(at).load_out_interface(at).in(isolated).drop();
  });
  // iifname . oifname @same_bridge return
  to.rule(kConfinement, "within a bridge", [=](Program& program) {
    unsigned at = 0;
    program.load_in_interface(at).load_out_interface(at).in(same).leave();
  });
  // iifname @confined oifname @confined drop
  to.rule(kConfinement, "between bridges", [=](Program& program) {
    unsigned at = 0;
    program.load_in_interface(at).in(confined);
    at = 0;
    program.load_out_interface(at).in(confined).drop();
  });
}

}  // namespace

// Accepting is all that can be done here: whether somebody else's chain drops the packet all the same, no
// rule of this table has a say in (docs/adr/0015-forwarding.md).
void add_forwarding(Builder& to, bool with_confinement) {
  to.chain(kForward, Hook{"filter", NF_INET_FORWARD, NF_IP_PRI_FILTER});
  to.chain(kAdmin);
  to.jump(kForward, "the administrator first", kAdmin);
  if (with_confinement) add_confinement(to);
  for (const net::Family family : kFamilies) {
    const SetName forwarded{Role::forwarded, family, {}};
    to.layout.sets.push_back(forwarded);
    // ct state established,related ip daddr @forwarded4 accept
    to.rule(kForward, "answers to containers, " + version(family), [=](Program& program) {
      unsigned at = 0;
      program.is(family).is_answer().load_address(Side::destination, family, at).in(forwarded).accept();
    });
    // ip saddr @forwarded4 accept
    to.rule(kForward, "from containers, " + version(family), [=](Program& program) {
      unsigned at = 0;
      program.is(family).load_address(Side::source, family, at).in(forwarded).accept();
    });
  }
}

// Between the ports of a bridge no packet is forwarded by this host's routing: only the bridge sees it.
void add_isolation(Builder& to) {
  to.chain("forward", Hook{"filter", NF_BR_FORWARD, NF_BR_PRI_FILTER_BRIDGED});
  const SetName ports{Role::isolated_port, net::Family::v4, {}};
  to.layout.sets.push_back(ports);
  // iifname @isolated_ports oifname @isolated_ports drop
  to.rule("forward", "isolated ports", [=](Program& program) {
    unsigned at = 0;
    program.load_in_interface(at).in(ports);
    at = 0;
    program.load_out_interface(at).in(ports).drop();
  });
}

}  // namespace patchbay::firewall::nftables
