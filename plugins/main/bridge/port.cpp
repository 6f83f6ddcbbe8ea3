// SPDX-License-Identifier: Apache-2.0
#include "plugins/main/bridge/port.hpp"

#include "common/attach/host.hpp"
#include "common/base/digest.hpp"

namespace patchbay::bridge {
namespace {

namespace links = netlink::links;
namespace vlans = netlink::vlans;

constexpr std::uint16_t kDefaultVlan = 1;
constexpr std::chrono::milliseconds kPortPatience{2550};

void set_vlans(netlink::Socket& host, const netlink::Link& port, const std::vector<vlans::Vlan>& wanted, bool keep) {
  std::vector<netlink::Request> changes;
  if (!keep) {
    const auto present = vlans::list(host, port.index);
    if (!present.empty()) {
      changes.push_back(vlans::remove(port.index, present, "remove the default VLAN of " + port.name));
    }
  }
  changes.push_back(vlans::add(port.index, wanted, "set the VLANs of " + port.name));
  host.transact(std::move(changes));
}

std::string gateway_port_name(const Config& config) {
  return "veth" + sha512_hex("vlan gateway " + config.vlan_gateway_name(), 11);
}

}  // namespace

std::vector<vlans::Vlan> wanted_vlans(const Config& config) {
  std::vector<vlans::Vlan> wanted;
  if (config.vlan != 0) {
    wanted.push_back({.id = config.vlan, .pvid = true, .untagged = true});
  } else if (!config.trunk.empty()) {
    wanted.push_back({.id = kDefaultVlan, .pvid = true, .untagged = true});  // the trunk's native VLAN
  }
  for (const std::uint16_t id : config.trunk) {
    if (wanted.front().id != id) wanted.push_back({.id = id});
  }
  return wanted;
}

void configure_port(netlink::Socket& host, const netlink::Link& port, const Config& config) {
  if (config.hairpin || config.isolated) {
    host.transact(
        links::set_port_options(port.index, {.hairpin = config.hairpin, .isolated = config.isolated}, port.name));
  }
  const auto wanted = wanted_vlans(config);
  if (!wanted.empty()) set_vlans(host, port, wanted, config.preserve_default_vlan);
}

netlink::Link ensure_vlan_gateway(netlink::Socket& host, const netlink::Link& bridge, const Config& config) {
  const std::string name = config.vlan_gateway_name();
  if (auto present = links::find(host, name)) return *std::move(present);
  auto cable = links::create_veth(
      host,
      {.host = {.name = gateway_port_name(config)}, .peer = {.name = name}, .mtu = bridge.mtu, .master = bridge.index});
  if (!cable) return links::get(host, name);  // another ADD was quicker
  attach::refuse_router_advertisements(cable->host);
  attach::refuse_router_advertisements(links::get(host, name));
  set_vlans(host, cable->host, {{.id = config.vlan, .pvid = true, .untagged = true}}, false);
  host.transact(links::set_up(cable->peer_index, name));
  return links::get(host, name);
}

bool wait_until_forwarding(netlink::Socket& host, const netlink::Link& port) {
  if (port.port && port.port->state == netlink::PortState::forwarding) return true;
  netlink::Socket events;
  links::subscribe(events);
  if (links::wait_until_forwarding(host, events, port.index, os::Deadline::in(kPortPatience))) return true;
  const auto now = links::find(host, port.index);
  if (now && now->running) return false;  // up, but spanning tree is still listening or learning
  throw Error{Code::kernel_refused, "the bridge port " + port.name + " did not come up"}.hint(
      "is the bridge itself up? `bridge -d link show dev " + port.name + "`");
}

}  // namespace patchbay::bridge
