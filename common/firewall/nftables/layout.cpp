// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/nftables/layout.hpp"

#include <linux/netfilter_bridge.h>

#include <algorithm>

#include "common/base/digest.hpp"
#include "common/firewall/nftables/builder.hpp"

namespace patchbay::firewall::nftables {
namespace {

void add_mac_spoof(Builder& to) {
  to.chain("prerouting", Hook{"filter", NF_BR_PRE_ROUTING, NF_BR_PRI_NAT_DST_BRIDGED});
  const SetName guarded{Role::guarded, net::Family::v4, {}}, allowed{Role::allowed, net::Family::v4, {}};
  for (const SetName& set : {guarded, allowed}) to.layout.sets.push_back(set);
  // iifname @guarded iifname . ether saddr != @allowed drop
  to.rule("prerouting", "source addresses as assigned", [=](Program& program) {
    unsigned at = 0;
    program.load_in_interface(at).in(guarded);
    at = 0;
    program.load_in_interface(at).load_source_mac(at).not_in(allowed).drop();
  });
}

void add_subnet(Builder& to, const SetName& set) {
  const auto subnet = set.subnet();
  if (!subnet) return;
  if (set.role == Role::hairpin) return add_hairpin_subnet(to, set, *subnet);
  add_masquerade_subnet(to, set, *subnet);
}

void append(Layout& layout, Layout more) {
  std::ranges::move(more.chains, std::back_inserter(layout.chains));
  std::ranges::move(more.sets, std::back_inserter(layout.sets));
  std::ranges::move(more.rules, std::back_inserter(layout.rules));
}

std::string canonical(const Condition& condition) {
  std::string text = std::to_string(static_cast<int>(condition.field)) + (condition.negated ? "!" : "=");
  switch (condition.field) {
    case Condition::Field::source:
    case Condition::Field::destination:
      return text + condition.subnet.network().to_string();
    case Condition::Field::in_interface:
    case Condition::Field::out_interface:
      return text + condition.interface;
    case Condition::Field::mark:
      return text + std::to_string(condition.mark) + "/" + std::to_string(condition.mask);
  }
  return text;
}

template <typename Value>
void add_new(std::vector<Value>& to, const Value& value) {
  if (std::find(to.begin(), to.end(), value) == to.end()) to.push_back(value);
}

}  // namespace

bool Layout::uses(Table table) const {
  return std::ranges::any_of(chains, [&](const Chain& chain) { return chain.table == table; });
}

Layout layout(const Needs& needs) {
  Builder inet{Table::inet};
  if (needs.host_ports || needs.masquerade) inet.chain(kPostrouting, Hook{"nat", NF_INET_POST_ROUTING, kAfterSnat});
  if (needs.host_ports) add_host_ports(inet);
  if (needs.masquerade) add_masquerade(inet);
  if (needs.forwarding || needs.confinement) add_forwarding(inet, needs.confinement);
  for (const Space& space : needs.spaces) add_space(inet, space);
  for (const SetName& set : needs.subnets) add_subnet(inet, set);
  Builder bridge{Table::bridge};
  if (needs.mac_spoof) add_mac_spoof(bridge);
  if (needs.isolation) add_isolation(bridge);
  append(inet.layout, std::move(bridge.layout));
  return std::move(inet.layout);
}

Needs needs_of(const Sets& sets) {
  Needs needs;
  for (const auto& [name, elements] : sets) {
    needs.masquerade = needs.masquerade || name.kind() == Kind::masquerade;
    needs.host_ports = needs.host_ports || name.kind() == Kind::host_port;
    needs.mac_spoof = needs.mac_spoof || name.kind() == Kind::mac_spoof;
    needs.forwarding = needs.forwarding || name.kind() == Kind::forward;
    needs.confinement = needs.confinement || name.kind() == Kind::confinement;
    needs.isolation = needs.isolation || name.kind() == Kind::isolation;
    if (name.role == Role::masquerade || name.role == Role::hairpin) needs.subnets.push_back(name);
    if (name.role == Role::host_port && !name.qualifier.empty()) {
      needs.spaces.push_back({name.family, name.qualifier, {}});
    }
  }
  return needs;
}

void add(Needs& needs, const Needs& more) {
  needs.masquerade = needs.masquerade || more.masquerade;
  needs.host_ports = needs.host_ports || more.host_ports;
  needs.mac_spoof = needs.mac_spoof || more.mac_spoof;
  needs.forwarding = needs.forwarding || more.forwarding;
  needs.confinement = needs.confinement || more.confinement;
  needs.isolation = needs.isolation || more.isolation;
  for (const SetName& set : more.subnets) add_new(needs.subnets, set);
  for (const Space& space : more.spaces) {
    const auto known = std::ranges::find(needs.spaces, space.name, &Space::name);
    if (known == needs.spaces.end()) {
      needs.spaces.push_back(space);
    } else if (known->conditions.empty()) {
      known->conditions = space.conditions;
    }
  }
}

std::string space_name(net::Family family, const std::vector<Condition>& conditions) {
  if (conditions.empty()) return {};
  std::string text{version(family)};
  for (const Condition& condition : conditions) text += " " + canonical(condition);
  return "if_" + sha512_hex(text, 12);
}

std::string rule_id(const SetName& set) { return set.qualifier; }
std::string space_rule_id(std::string_view space) { return std::string{space}; }
std::string space_chain(std::string_view space) { return "hostports_" + std::string{space}; }

}  // namespace patchbay::firewall::nftables
