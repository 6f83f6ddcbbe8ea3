// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/layout.hpp"

#include <set>
#include <utility>

#include "common/base/error.hpp"
#include "common/firewall/iptables/names.hpp"

namespace patchbay::firewall::iptables {
namespace {

Subnet host(const net::Ip& ip) { return {.cidr = net::Cidr::host(ip)}; }

net::Cidr multicast(net::Family family) {
  return *net::Cidr::parse(family == net::Family::v4 ? "224.0.0.0/4" : "ff00::/8");
}

// nullopt for "everywhere", which a rule does not mention.
std::optional<Subnet> subnet(const net::Cidr& cidr, bool negated = false) {
  if (cidr.is_default() && !negated) return std::nullopt;
  return Subnet{cidr.network(), negated};
}

void set_once(std::optional<Subnet>& field, const Condition& condition) {
  if (field) {
    throw Error{Code::invalid_config,
                "an iptables rule holds only one " +
                    std::string{condition.field == Condition::Field::source ? "source" : "destination"}}
        .expected("each of -s and -d at most once");
  }
  field = subnet(condition.subnet, condition.negated);
}

void set_once(std::optional<Interface>& field, const Condition& condition) {
  if (field) {
    throw Error{Code::invalid_config, "an iptables rule holds only one interface of each direction"}.expected(
        "each of -i and -o at most once");
  }
  std::string name = condition.interface;
  if (name.ends_with('*')) name.back() = '+';
  field = Interface{std::move(name), condition.negated};
}

void restrict(Rule& rule, const Condition& condition) {
  switch (condition.field) {
    case Condition::Field::source:
      return set_once(rule.source, condition);
    case Condition::Field::destination:
      return set_once(rule.destination, condition);
    case Condition::Field::in_interface:
      return set_once(rule.in, condition);
    case Condition::Field::out_interface:
      return set_once(rule.out, condition);
    case Condition::Field::mark:
      rule.matches.emplace_back(Mark{condition.mark, condition.mask, condition.negated});
  }
}

// The rules of one mapping: mark what must come back through us, then translate. Marking first, as
// DNAT ends the walk.
void add_translation(std::vector<Rule>& rules, const Rule& base, const PortForwards& options,
                     const PortForward& forward, const HostPort& port) {
  const net::Family family = forward.container.family();
  const std::string set_mark =
      options.external_set_mark_chain.empty() ? kHostPortSetMark : options.external_set_mark_chain;
  Rule rule = base;
  rule.protocol = static_cast<std::uint8_t>(port.protocol);
  rule.matches = {DestinationPort{port.host_port}};
  if (port.host_ip) rule.destination = host(*port.host_ip);
  if (options.snat) {
    Rule hairpin = rule;
    if (!options.masquerade_all) hairpin.source = subnet(forward.container);
    hairpin.target = Jump{set_mark};
    rules.push_back(hairpin);
    if (family == net::Family::v4 && !options.masquerade_all) {
      hairpin.source = host(*net::Ip::parse("127.0.0.1"));
      rules.push_back(std::move(hairpin));
    }
  }
  rule.target = Dnat{forward.container.ip, port.container_port};
  rules.push_back(std::move(rule));
}

// One entry per protocol and 15 ports. Ports whose host IP is of the other family are among them, as
// the reference has it: CHECK of either suite looks for exactly these.
std::vector<Rule> entry_rules(const Owner& owner, const PortForward& forward) {
  std::vector<Rule> entries;
  for (const Protocol protocol : {Protocol::sctp, Protocol::tcp, Protocol::udp}) {  // by name
    Ports ports;
    const auto flush = [&] {
      if (ports.ports.empty()) return;
      Rule entry{.chain = kHostPortDnat,
                 .protocol = static_cast<std::uint8_t>(protocol),
                 .matches = {Comment{host_port_comment(owner)}, std::exchange(ports, {})},
                 .target = Jump{host_port_chain(owner)},
                 .attachment = attachment_number(owner)};
      for (const Condition& condition : forward.conditions) restrict(entry, condition);
      entries.push_back(std::move(entry));
    };
    for (const HostPort& port : forward.ports) {
      if (port.protocol != protocol) continue;
      ports.ports.push_back(port.host_port);
      if (ports.ports.size() == Ports::kMost) flush();
    }
    flush();
  }
  return entries;
}

void add_marking(HostPortRules& rules, unsigned bit) {
  const std::uint32_t mark = 1U << bit;
  rules.marking = {
      Rule{.chain = kHostPortSetMark,
           .matches = {Comment{"CNI portfwd masquerade mark"}},
           .target = SetMark{mark, mark}},
      Rule{.chain = kHostPortMasquerade, .matches = {Mark{mark, mark}}, .target = MasqueradeTarget{}},
  };
  rules.first = {Rule{.chain = kPostrouting,
                      .matches = {Comment{"CNI portfwd requiring masquerade"}},
                      .target = Jump{kHostPortMasquerade}}};
}

}  // namespace

MasqueradeRules masquerade_rules(const Owner& owner, const net::Cidr& address) {
  const std::string chain = masquerade_chain(owner);
  const Rule base{
      .chain = chain, .matches = {Comment{masquerade_comment(owner)}}, .attachment = attachment_number(owner)};
  MasqueradeRules rules{base, base, base};
  rules.accept.destination = subnet(address);
  rules.accept.target = Accept{};
  rules.masquerade.destination = subnet(multicast(address.family()), true);
  rules.masquerade.target = MasqueradeTarget{};
  rules.entry.chain = kPostrouting;
  rules.entry.source = host(address.ip);
  rules.entry.target = Jump{chain};
  return rules;
}

HostPortRules host_port_rules(const Owner& owner, const PortForwards& options, const PortForward& forward) {
  HostPortRules rules;
  if (forward.ports.empty()) return rules;
  if (options.snat && options.external_set_mark_chain.empty()) add_marking(rules, options.mark_bit);
  for (const char* chain : {kPrerouting, kOutput}) {
    rules.entrances.push_back(Rule{.chain = chain, .matches = {LocalDestination{}}, .target = Jump{kHostPortDnat}});
  }
  const Rule base{.chain = host_port_chain(owner), .attachment = attachment_number(owner)};
  std::set<HostPort> seen;
  for (HostPort port : forward.ports) {
    if (port.host_ip && port.host_ip->family() != forward.container.family()) continue;
    if (port.host_ip && port.host_ip->is_unspecified()) port.host_ip.reset();
    if (seen.insert(port).second) add_translation(rules.translations, base, options, forward, port);
  }
  rules.entries = entry_rules(owner, forward);
  return rules;
}

}  // namespace patchbay::firewall::iptables
