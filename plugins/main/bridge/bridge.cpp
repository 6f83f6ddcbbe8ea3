// SPDX-License-Identifier: Apache-2.0
#include "plugins/main/bridge/bridge.hpp"

#include "common/attach/container.hpp"
#include "common/attach/detach.hpp"
#include "common/attach/host.hpp"
#include "common/attach/ipam.hpp"
#include "common/attach/readiness.hpp"
#include "common/base/rollback.hpp"
#include "common/contract/run.hpp"
#include "common/firewall/firewall.hpp"
#include "common/netlink/announce.hpp"
#include "plugins/main/bridge/addressing.hpp"
#include "plugins/main/bridge/check.hpp"
#include "plugins/main/bridge/device.hpp"
#include "plugins/main/bridge/port.hpp"
#include "plugins/main/bridge/rules.hpp"

namespace patchbay::bridge {
namespace {

namespace links = netlink::links;

attach::Records records() { return attach::Records{"bridge"}; }

// One container on its way onto the bridge. What is constructed here has changed nothing yet.
struct Attachment {
  explicit Attachment(const contract::Request& asked)
      : request(asked), config(parse_config(asked)), container(attach::open_container_for_add(asked)) {}

  const contract::Request& request;
  const Config config;
  attach::Container container;
  netlink::Socket host;
  BridgeUse use;
  Rollback undo;
  attach::Record record;
  contract::Result result;
};

// Intent first: whatever happens from here on, DEL knows where to look.
void write_record(Attachment& it) {
  it.record = attach::begin_record(it.request, &it.container.netns);
  it.record.host_ifname = it.request.owner.host_ifname();
  it.record.masquerade = it.config.ip_masq && it.config.ipam;
  it.record.mac_spoof_check = it.config.mac_spoof_check;
  it.record.ipam_type = it.config.ipam.value_or("");
  it.record.addresses_known = !it.config.ipam;
  it.undo.add("forget the attachment", [&it] { records().remove(it.request.owner); });
  records().write(it.record);
}

// A foreign IPAM plugin works while we make the link.
std::optional<attach::AddressRequest> ask_for_addresses(Attachment& it) {
  if (!it.config.ipam) return std::nullopt;
  it.undo.add("release addresses", [&it] { attach::release_addresses(it.request, *it.config.ipam); });
  return attach::AddressRequest::start(it.request, *it.config.ipam);
}

netlink::links::Veth plug_in(Attachment& it, const netlink::Link& bridge) {
  it.undo.add("remove the cable", [&it] { attach::remove_host_end(it.host, it.request.owner, {}); });
  netlink::links::Veth cable = attach::create_cable(it.host, {.owner = it.request.owner,
                                                              .container = &it.container.netns,
                                                              .container_mac = it.config.mac,
                                                              .mtu = it.config.mtu,
                                                              .master = bridge.index});
  configure_port(it.host, cable.host, it.config);
  // Interfaces in the order of the reference: bridge, host end, container end.
  it.result.interfaces = {{.name = bridge.name, .mac = bridge.mac.to_string(), .mtu = bridge.mtu},
                          {.name = cable.host.name, .mac = cable.host.mac.to_string(), .mtu = cable.host.mtu},
                          {.name = it.container.ifname,
                           .mac = cable.peer_mac.to_string(),
                           .mtu = cable.host.mtu,
                           .sandbox = it.request.netns}};
  return cable;
}

void receive_addresses(Attachment& it, attach::AddressRequest& asked, const netlink::links::Veth& cable) {
  contract::Result addresses = asked.finish();
  complete_gateways(addresses, it.config);
  it.result.ips = std::move(addresses.ips);
  for (auto& ip : it.result.ips) ip.interface = 2;
  it.result.routes = std::move(addresses.routes);
  it.result.dns = std::move(addresses.dns);

  it.record.host_ifname = cable.host.name;
  for (const auto& ip : it.result.ips) it.record.addresses.push_back(ip.address);
  it.record.addresses_known = true;
  records().write(it.record);
}

void configure_container(Attachment& it, const netlink::links::Veth& cable) {
  attach::configure_interface(it.container, {.index = cable.peer_index,
                                             .name = it.container.ifname,
                                             .ips = it.result.ips,
                                             .routes = it.result.routes,
                                             .detect_duplicates = it.config.detect_duplicates,
                                             .announce_on_up = true});
}

// The bridge, or the VLAN's interface on it, is the containers' gateway.
void provide_gateway(Attachment& it, const netlink::Link& bridge) {
  netlink::Link gateway = bridge;
  if (it.config.vlan != 0) {
    gateway = ensure_vlan_gateway(it.host, bridge, it.config);
    it.result.interfaces.push_back({.name = gateway.name, .mac = gateway.mac.to_string(), .mtu = gateway.mtu});
  }
  const auto gateways = gateway_addresses(it.result);
  ensure_gateway_addresses(it.host, gateway, gateways, it.config.force_address);
  std::vector<net::Ip> forwarded;
  forwarded.reserve(gateways.size());
  for (const auto& address : gateways) forwarded.push_back(address.ip);
  attach::enable_forwarding(forwarded);
}

// Masquerade and spoof protection, in one transaction.
void set_rules(Attachment& it, const netlink::links::Veth& cable) {
  const auto intents = wanted_rules(it.config, cable.host.name, cable.peer_mac, it.result);
  if (intents.empty()) return;
  it.undo.add("remove packet filter rules", [&it] {
    firewall::remove(it.request.owner, {firewall::Kind::masquerade, firewall::Kind::mac_spoof},
                     {.addresses = it.record.addresses, .ports = {}, .complete = true});
  });
  firewall::apply(firewall::choose(it.config.backend), it.request.owner, intents, attach::is_dead_by_tag);
}

// A neighbour may still know the previous owner of an address; an announcement is of use only
// once the port forwards it.
void announce(Attachment& it, netlink::Socket& events, const netlink::links::Veth& cable) {
  if (!it.config.container_interface_up || !wait_until_forwarding(it.host, events, cable.host)) return;
  std::vector<net::Ip> addresses;
  for (const auto& ip : it.result.ips) addresses.push_back(ip.address.ip);
  if (!addresses.empty()) netlink::announce(it.container.netns, cable.peer_index, cable.peer_mac, addresses);
}

}  // namespace

contract::Result add(const contract::Request& request) {
  Attachment it{request};
  attach::clear_leftovers(request, records());
  write_record(it);
  auto asked = ask_for_addresses(it);
  const netlink::Link bridge = ensure_bridge(it.host, it.config, it.use, it.undo);
  const netlink::links::Veth cable = plug_in(it, bridge);
  contract::stop_if_asked();

  netlink::Socket events;
  links::subscribe(events);  // before anything that brings the port up
  if (asked) {
    receive_addresses(it, *asked, cable);
    configure_container(it, cable);
    if (it.config.is_gateway) provide_gateway(it, bridge);
  } else if (it.config.container_interface_up) {
    it.container.socket.transact(links::set_up(cable.peer_index, it.container.ifname));
  }
  set_rules(it, cable);
  contract::stop_if_asked();
  announce(it, events, cable);

  // A bridge that others made takes its MAC from one of its ports, unless that has just been fixed.
  it.result.interfaces.front().mac = links::get(it.host, bridge.name).mac.to_string();
  if (it.config.dns) it.result.dns = *it.config.dns;
  it.undo.commit();
  return std::move(it.result);
}

void del(const contract::Request& request) { attach::detach(request, records()); }

void check(const contract::Request& request) {
  const Config config = parse_config(request);
  const contract::Result expected = request.required_previous_result();
  if (config.ipam) attach::check_addresses(request, *config.ipam);
  attach::Container container = attach::open_container(request);
  netlink::Socket host;
  const netlink::Link inner = attach::check_container_interface(container, request, expected, "veth");
  const netlink::Link bridge = check_bridge(host, config, expected);
  const netlink::Link port = check_port(host, bridge, inner, config, expected);
  attach::check_addresses_and_routes(container, inner, expected);
  if (config.is_gateway) check_gateway(host, bridge, config, expected);
  attach::require_rules(request.owner, config.backend, wanted_rules(config, port.name, inner.mac, expected));
}

void gc(const contract::Request& request) { attach::collect(request, records()); }

void status(const contract::Request& request) {
  const Config config = parse_config(request);
  netlink::Socket host;
  if (const auto present = links::find(host, config.bridge); present && present->kind != "bridge") {
    throw Error{Code::not_available, config.bridge + " exists but is not a bridge"}.at("/bridge");
  }
  if (config.is_gateway) attach::require_forwarding_possible();
  if (config.ip_masq) attach::require_firewall(config.backend);
  if (config.ipam) attach::check_ipam_status(request, *config.ipam);
}

}  // namespace patchbay::bridge
