// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/conflict.hpp"

#include <algorithm>
#include <set>

#include "common/base/error.hpp"
#include "common/firewall/iptables/host_ports.hpp"
#include "common/firewall/iptables/names.hpp"

namespace patchbay::firewall::iptables {
namespace {

bool is_number(const HostPort& port, std::uint8_t protocol, std::uint16_t number) {
  return static_cast<std::uint8_t>(port.protocol) == protocol && port.host_port == number;
}

bool same_host_ip(const Rule& rule, const HostPort& port, net::Family family) {
  if (port.host_ip && port.host_ip->family() != family) return false;  // not of this table
  if (!rule.destination || !port.host_ip || port.host_ip->is_unspecified()) return true;
  return rule.destination->cidr.contains(*port.host_ip) != rule.destination->negated;
}

// The first of the wanted ports that the rule takes away; nullptr when there is none.
const HostPort* taken_by(const Rule& rule, const PortForward& forward) {
  const auto* number = rule.find<DestinationPort>();
  if (number == nullptr || !std::holds_alternative<Dnat>(rule.target)) return nullptr;
  for (const HostPort& port : forward.ports) {
    if (is_number(port, rule.protocol, number->port) && same_host_ip(rule, port, forward.container.family()))
      return &port;
  }
  return nullptr;
}

const HostPort* taken_by(const std::vector<Rule>& rules, const PortForward& forward) {
  for (const Rule& rule : rules) {
    if (const HostPort* port = taken_by(rule, forward)) return port;
  }
  return nullptr;
}

Error taken(const HostPort& port, const std::string& by) {
  const std::string protocol = port.protocol == Protocol::tcp ? "tcp" : port.protocol == Protocol::udp ? "udp" : "sctp";
  const std::string address = port.host_ip ? port.host_ip->to_string() + " " : "";
  Error error{Code::host_port_taken,
              "host port " + address + std::to_string(port.host_port) + "/" + protocol + " is taken by " + by};
  error.hint("choose another host port, or stop what has it");
  return error;
}

std::optional<Owner> owner_of(const Rule& entry) {
  const auto* comment = entry.find<Comment>();
  return comment == nullptr ? std::nullopt : parse_host_port_comment(comment->text);
}

std::string in_words(const Rule& entry, const std::optional<Owner>& who) {
  if (!who) return "the rule " + to_text(entry);
  return "container " + who->container + " on network " + who->network;
}

// Protocols and port numbers, for asking often.
class Numbers {
 public:
  explicit Numbers(const PortForward& forward) {
    for (const HostPort& port : forward.ports)
      keys_.push_back(key(static_cast<std::uint8_t>(port.protocol), port.host_port));
    std::sort(keys_.begin(), keys_.end());
  }
  [[nodiscard]] bool any_covered_by(const Rule& entry) const {
    const auto wanted = [&](std::uint16_t number) {
      return std::binary_search(keys_.begin(), keys_.end(), key(entry.protocol, number));
    };
    if (const auto* ports = entry.find<Ports>()) return std::any_of(ports->ports.begin(), ports->ports.end(), wanted);
    const auto* port = entry.find<DestinationPort>();
    return port != nullptr && wanted(port->port);
  }

 private:
  static std::uint32_t key(std::uint8_t protocol, std::uint16_t number) {
    return std::uint32_t{protocol} << 16U | number;
  }
  std::vector<std::uint32_t> keys_;
};

// Another interface of the same container, on the same network.
void refuse_sibling(const Table& table, const Owner& owner, const PortForward& forward) {
  auto rules = table.rules(host_port_chain(owner));
  const std::uint32_t number = attachment_number(owner);
  std::erase_if(rules, [&](const Rule& rule) { return rule.attachment == 0 || rule.attachment == number; });
  if (const HostPort* port = taken_by(rules, forward)) throw taken(*port, "another interface of the same container");
}

}  // namespace

bool entry_covers(const Rule& entry, const Rule& translation) {
  const auto* number = translation.find<DestinationPort>();
  if (number == nullptr || entry.protocol != translation.protocol) return false;
  const auto* ports = entry.find<Ports>();
  return ports != nullptr && std::find(ports->ports.begin(), ports->ports.end(), number->port) != ports->ports.end();
}

bool translates_any(const Rule& rule, const PortForward& forward) { return taken_by(rule, forward) != nullptr; }

void resolve_conflicts(Table& table, const Owner& owner, const PortForward& forward, const IsDead& is_dead) {
  refuse_sibling(table, owner, forward);
  const std::string own = host_port_chain(owner);
  const Numbers wanted{forward};
  std::set<std::string> dead;
  for (const Rule& entry : table.rules(kHostPortDnat)) {
    const std::string* chain = entry.jump();
    if (chain == nullptr || *chain == own || dead.contains(*chain) || !wanted.any_covered_by(entry)) continue;
    const HostPort* port = taken_by(table.rules(*chain), forward);
    if (port == nullptr) continue;  // another host IP, or of the other family
    const auto who = owner_of(entry);
    // By another network: the rules of whichever came first serve the port, as long as they are there.
    if (who && Owner::tags_are_of_one_container(who->tag(), owner.tag())) continue;
    if (!who || !is_dead || !is_dead(who->tag())) throw taken(*port, in_words(entry, who));
    dead.insert(*chain);
  }
  for (const std::string& chain : dead) remove_host_ports(table, chain, everything());
}

}  // namespace patchbay::firewall::iptables
