// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/nftables/wanted.hpp"

#include <algorithm>

namespace patchbay::firewall::nftables {
namespace {

class Collector {
 public:
  explicit Collector(const Owner& owner) : tag_(owner.tag()) {}

  void masquerade(const Masquerade& intent) {
    begin(Kind::masquerade, result.needs.masquerade);
    for (const net::Cidr& address : intent.addresses) {
      add_by_subnet(masquerade_set(address), Fields{}.address(address.ip).take());
    }
  }

  void port_forwards(const PortForwards& intent) {
    begin(Kind::host_port, result.needs.host_ports);
    for (const PortForward& forward : intent.families) {
      if (forward.ports.empty()) continue;
      const std::string space = space_name(forward.container.family(), forward.conditions);
      if (!space.empty()) add_space({forward.container.family(), space, forward.conditions});
      bool any = false;
      for (const HostPort& port : forward.ports) any = add_port(forward.container.ip, port, space, intent.snat) || any;
      if (intent.snat && any) add_reachability(forward.container, intent.masquerade_all);
    }
  }

  void mac_spoof(const MacSpoofCheck& intent) {
    begin(Kind::mac_spoof, result.needs.mac_spoof);
    add({Role::guarded, net::Family::v4, {}}, Fields{}.ifname(intent.host_ifname).take());
    add({Role::allowed, net::Family::v4, {}}, Fields{}.ifname(intent.host_ifname).mac(intent.mac).take());
  }

  void forwarding(const Forwarding& intent) {
    begin(Kind::forward, result.needs.forwarding);
    const bool by_others = !intent.firewalld_zone.empty();
    for (const net::Cidr& address : by_others ? std::vector<net::Cidr>{} : intent.addresses) {
      add({Role::forwarded, address.family(), {}}, Fields{}.address(address.ip).take());
    }
    if (!intent.policy || intent.policy->ingress == Ingress::open) return;
    result.needs.confinement = true;
    const bool isolated = intent.policy->ingress == Ingress::isolated;
    for (Element& element : policy_elements(intent.policy->bridge)) {
      if (element.set.role != (isolated ? Role::same_bridge : Role::isolated)) {
        result.shared.push_back(std::move(element));
      }
    }
  }

  void isolation(const PortIsolation& intent) {
    begin(Kind::isolation, result.needs.isolation);
    for (const std::string& port : intent.ports) {
      add({Role::isolated_port, net::Family::v4, {}}, Fields{}.ifname(port).take());
    }
  }

  Wanted result;

 private:
  void begin(Kind kind, bool& need) {
    result.kinds.push_back(kind);
    need = true;
  }

  void add(SetName set, Bytes key, Bytes data = {}) {
    result.elements.push_back({std::move(set), std::move(key), std::move(data), tag_});
  }

  void add_by_subnet(const SetName& set, Bytes key) {
    auto& subnets = result.needs.subnets;
    if (!set.qualifier.empty() && std::ranges::find(subnets, set) == subnets.end()) subnets.push_back(set);
    add(set, std::move(key));
  }

  void add_space(Space space) {
    if (std::ranges::find(result.needs.spaces, space) == result.needs.spaces.end()) {
      result.needs.spaces.push_back(std::move(space));
    }
  }

  // False for a mapping of the other family's host address: it is not for this container address.
  bool add_port(const net::Ip& target, const HostPort& port, const std::string& space, bool snat) {
    const net::Family family = target.family();
    if (port.host_ip && port.host_ip->family() != family) return false;
    Bytes data = Fields{}.address(target).port(port.container_port).take();
    if (port.host_ip && !port.host_ip->is_unspecified()) {
      add({Role::host_port_ip, family, space},
          Fields{}.address(*port.host_ip).protocol(port.protocol).port(port.host_port).take(), std::move(data));
    } else {
      add({Role::host_port, family, space}, Fields{}.protocol(port.protocol).port(port.host_port).take(),
          std::move(data));
    }
    if (snat) {
      add({Role::published, family, {}}, Fields{}.address(target).protocol(port.protocol).port(port.host_port).take());
    }
    return true;
  }

  void add_reachability(const net::Cidr& target, bool from_everywhere) {
    const SetName set = hairpin_set(target);
    Fields key;
    key.address(target.ip);
    if (set.role == Role::hairpin_host) key.address(target.ip);
    add_by_subnet(set, key.take());
    if (from_everywhere) add({Role::masquerade_all, target.family(), {}}, Fields{}.address(target.ip).take());
  }

  std::string tag_;
};

}  // namespace

Wanted wanted(const Owner& owner, const Intents& intents) {
  Collector collector{owner};
  if (intents.masquerade) collector.masquerade(*intents.masquerade);
  if (intents.port_forwards) collector.port_forwards(*intents.port_forwards);
  if (intents.mac_spoof) collector.mac_spoof(*intents.mac_spoof);
  if (intents.forwarding) collector.forwarding(*intents.forwarding);
  if (intents.isolation) collector.isolation(*intents.isolation);
  auto& elements = collector.result.elements;
  std::ranges::stable_sort(elements, in_order);
  // The first mapping of a host port counts, as in a list of rules.
  elements.erase(std::unique(elements.begin(), elements.end(), at_same_place), elements.end());
  return std::move(collector.result);
}

std::vector<Element> policy_elements(const std::string& bridge) {
  const auto element = [](Role role, Bytes key) {
    return Element{{role, net::Family::v4, {}}, std::move(key), {}, std::string{kPolicy}};
  };
  const Bytes pair = Fields{}.ifname(bridge).ifname(bridge).take();
  std::vector<Element> elements{element(Role::confined, Fields{}.ifname(bridge).take()),
                                element(Role::same_bridge, pair), element(Role::isolated, pair)};
  std::ranges::sort(elements, in_order);
  return elements;
}

std::vector<Element> placeholders_of(const std::vector<Element>& elements) {
  std::vector<Element> found;
  for (const Element& element : elements) {
    if (element.set.role != Role::host_port_ip) continue;
    Element blocker = placeholder(element);
    // the owner may have the port on all addresses as well
    if (std::ranges::binary_search(elements, blocker, in_order)) continue;
    found.push_back(placeholder_guard(element));
    found.push_back(std::move(blocker));
  }
  std::ranges::sort(found, in_order);
  found.erase(std::unique(found.begin(), found.end(), at_same_place), found.end());
  return found;
}

}  // namespace patchbay::firewall::nftables
