// SPDX-License-Identifier: Apache-2.0
#include "plugins/main/bridge/check.hpp"

#include <algorithm>

#include "common/attach/readiness.hpp"
#include "common/netlink/address.hpp"
#include "plugins/main/bridge/addressing.hpp"
#include "plugins/main/bridge/port.hpp"

namespace patchbay::bridge {
namespace {

namespace links = netlink::links;
namespace vlans = netlink::vlans;

Error drift(std::string what) { return Error{Code::drift, std::move(what)}; }

// The interface of prevResult with this name on the host; nullptr when it lists none.
const contract::Interface* listed(const contract::Result& expected, const std::string& name) {
  const auto found = std::find_if(expected.interfaces.begin(), expected.interfaces.end(),
                                  [&](const auto& it) { return it.name == name && it.sandbox.empty(); });
  return found == expected.interfaces.end() ? nullptr : &*found;
}

void check_identity(const netlink::Link& link, const contract::Interface& expected) {
  const auto mac = net::Mac::parse(expected.mac);
  if (mac && *mac != link.mac) {
    throw drift(link.name + " has MAC " + link.mac.to_string() + ", not " + expected.mac);
  }
  if (expected.mtu != 0 && expected.mtu != link.mtu) {
    throw drift(link.name + " has MTU " + std::to_string(link.mtu) + ", not " + std::to_string(expected.mtu));
  }
}

// A bridge that others made without fixing its MAC has that of one of its ports, whichever come and go.
bool follows_its_ports(netlink::Socket& host, const netlink::Link& bridge) {
  const auto ports = links::list(host, {}, bridge.index);
  return std::any_of(ports.begin(), ports.end(), [&](const auto& port) { return port.mac == bridge.mac; });
}

void check_port_options(netlink::Socket& host, const netlink::Link& port, const Config& config) {
  if (!port.port) throw drift(port.name + " is not a bridge port");
  // On without being asked for is no drift: a later plugin may have need of it.
  if (config.hairpin && !port.port->hairpin) throw drift("hairpin mode of port " + port.name + " is off");
  if (port.port->isolated != config.isolated) {
    throw drift("isolation of port " + port.name + " is " + (port.port->isolated ? "on" : "off"));
  }
  const auto wanted = wanted_vlans(config);
  if (wanted.empty()) return;
  const auto present = vlans::list(host, port.index);
  for (const vlans::Vlan& vlan : wanted) {
    if (std::find(present.begin(), present.end(), vlan) == present.end()) {
      throw drift("port " + port.name + " is not in VLAN " + std::to_string(vlan.id) + " as configured");
    }
  }
}

}  // namespace

netlink::Link check_bridge(netlink::Socket& host, const Config& config, const contract::Result& expected) {
  const auto bridge = links::find(host, config.bridge);
  if (!bridge) throw drift("bridge " + config.bridge + " does not exist");
  if (bridge->kind != "bridge") throw drift(config.bridge + " is not a bridge but " + bridge->kind);
  if (!bridge->up) throw drift("bridge " + config.bridge + " is down");
  if (config.promiscuous && !bridge->promiscuous) throw drift("bridge " + config.bridge + " is not promiscuous");
  const contract::Interface* interface = listed(expected, config.bridge);
  if (interface == nullptr) {
    throw Error{Code::invalid_config, "prevResult does not list bridge " + config.bridge}.at("/prevResult/interfaces");
  }
  const auto mac = net::Mac::parse(interface->mac);
  if (mac && *mac != bridge->mac && !follows_its_ports(host, *bridge)) {
    throw drift("bridge " + config.bridge + " has MAC " + bridge->mac.to_string() + ", not " + interface->mac);
  }
  return *bridge;
}

netlink::Link check_port(netlink::Socket& host, const netlink::Link& bridge, const netlink::Link& inner,
                         const Config& config, const contract::Result& expected) {
  const auto port = inner.peer != 0 ? links::find(host, inner.peer) : std::nullopt;
  if (!port || port->kind != "veth" || port->peer != inner.index) {
    throw drift("the other end of " + inner.name + " is not on this host");
  }
  const contract::Interface* interface = listed(expected, port->name);
  if (interface == nullptr) throw drift("prevResult does not list " + port->name + ", the host end of " + inner.name);
  check_identity(*port, *interface);
  if (port->master != bridge.index) throw drift(port->name + " is not a port of bridge " + bridge.name);
  if (!port->up) throw drift("port " + port->name + " is down");
  if (config.container_interface_up && !inner.up) throw drift(inner.name + " is down");
  check_port_options(host, *port, config);
  return *port;
}

void check_gateway(netlink::Socket& host, const netlink::Link& bridge, const Config& config,
                   const contract::Result& expected) {
  const auto device = config.vlan == 0 ? bridge : links::find(host, config.vlan_gateway_name());
  if (!device) throw drift(config.vlan_gateway_name() + ", the gateway of VLAN, does not exist");
  const auto present = netlink::addresses::list(host, device->index);
  for (const net::Cidr& gateway : gateway_addresses(expected)) {
    const bool found =
        std::any_of(present.begin(), present.end(), [&](const auto& it) { return it.address == gateway; });
    if (!found) throw drift("gateway address " + gateway.to_string() + " is not on " + device->name);
    attach::require_forwarding(gateway.family());
  }
}

}  // namespace patchbay::bridge
