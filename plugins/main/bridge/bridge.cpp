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
#include "plugins/main/bridge/addressing.hpp"
#include "plugins/main/bridge/check.hpp"
#include "plugins/main/bridge/device.hpp"
#include "plugins/main/bridge/port.hpp"
#include "plugins/main/bridge/rules.hpp"

namespace patchbay::bridge {
namespace {

namespace links = netlink::links;

attach::Records records() { return attach::Records{"bridge"}; }

bool is_masqueraded(const Config& config) { return config.ip_masq && config.ipam; }

std::optional<firewall::Backend> choose_backend(const Config& config) {
  if (is_masqueraded(config)) return attach::choose_backend(config.backend);
  return config.mac_spoof_check ? std::optional{firewall::Backend::nftables} : std::nullopt;
}

// One container on its way onto the bridge. What is constructed here has changed nothing yet.
struct Attachment {
  explicit Attachment(const contract::Request& asked_for)
      : request(asked_for),
        config(parse_config(asked_for)),
        backend(choose_backend(config)),
        container(attach::open_container_for_add(asked_for)) {}

  const contract::Request& request;
  const Config config;
  const std::optional<firewall::Backend> backend;  // of its rules, as far as it is known yet
  attach::Container container;
  netlink::Socket host;
  BridgeUse use;
  std::optional<attach::AddressRequest> asked;
  attach::Record record;
  contract::Result result;
  // What the undo, registered before each step so that nothing can fail in between, finds to take back.
  bool leased = false;
  int host_end = 0;
  Rollback undo;  // reads all of the above
};

void begin_record(Attachment& it) {
  it.record = attach::begin_record(it.request, it.container.netns.id());
  it.record.host_ifname = it.request.owner.host_ifname();
  it.record.masquerade = is_masqueraded(it.config);
  it.record.mac_spoof_check = it.config.mac_spoof_check;
  // Chosen here, so that the record can tell.
  if (it.config.mac_spoof_check) it.record.mac = it.config.mac ? it.config.mac : net::Mac::random();
  it.record.backend = it.backend;
  it.record.ipam_type = it.config.ipam.value_or("");
  it.undo.add("forget the attachment", [&it] { records().remove(it.request.owner); });
}

void take_addresses(Attachment& it, contract::Result addresses) {
  complete_gateways(addresses, it.config);
  it.result.ips = std::move(addresses.ips);
  for (auto& ip : it.result.ips) ip.interface = 2;
  it.result.routes = std::move(addresses.routes);
  it.result.dns = std::move(addresses.dns);
  attach::note_addresses(it.record, it.result.ips, it.config.backend);
}

// Intent before the first change for this container: from the record DEL knows where to look, whatever
// happens from here on. Our own IPAM has answered by then, so that one record tells everything; a foreign
// one works while we make the link.
void ask_for_addresses(Attachment& it) {
  begin_record(it);
  const auto release = [&it] { it.asked->release(); };
  if (!it.config.ipam) {
    it.record.addresses_known = true;
  } else if (it.asked.emplace(it.request, *it.config.ipam, it.container.netns.id()).is_answered_in_process()) {
    it.undo.add("release addresses", [&it, release] {
      if (it.leased) release();
    });
    contract::Result addresses = it.asked->finish();
    it.leased = true;
    take_addresses(it, std::move(addresses));
  }
  records().write(it.record);
  if (it.record.addresses_known) return;
  it.undo.add("release addresses", release);
  it.asked->start();
}

void receive_addresses(Attachment& it) {
  if (it.record.addresses_known) return;
  take_addresses(it, it.asked->finish());
  records().replace(it.record);
}

netlink::links::Veth plug_in(Attachment& it, const netlink::Link& bridge) {
  it.undo.add("remove the cable", [&it] {
    if (it.host_end != 0) links::remove(it.host, it.host_end, {});
  });
  netlink::links::Veth cable =
      attach::create_cable(it.host, {.owner = it.request.owner,
                                     .container = &it.container.netns,
                                     .container_mac = it.record.mac ? it.record.mac : it.config.mac,
                                     .mtu = it.config.mtu,
                                     .master = bridge.index});
  it.host_end = cable.host.index;
  configure_port(it.host, cable.host, it.config);
  // Interfaces in the order of the reference: bridge, host end, container end.
  it.result.interfaces = {{.name = bridge.name, .mac = bridge.mac.to_string(), .mtu = bridge.mtu},
                          {.name = cable.host.name, .mac = cable.host.mac.to_string(), .mtu = cable.host.mtu},
                          {.name = it.container.ifname,
                           .mac = cable.peer_mac.to_string(),
                           .mtu = cable.host.mtu,
                           .sandbox = it.request.netns}};
  if (cable.host.name != it.record.host_ifname) {  // another owner's link has the usual name
    it.record.host_ifname = cable.host.name;
    records().replace(it.record);
  }
  return cable;
}

void configure_container(Attachment& it, const netlink::links::Veth& cable) {
  attach::configure_interface(it.container, {.index = cable.peer_index,
                                             .name = it.container.ifname,
                                             .ips = it.result.ips,
                                             .routes = it.result.routes,
                                             .detect_duplicates = it.config.detect_duplicates,
                                             .announce = true});
}

// The bridge, or the VLAN's interface on it, is the containers' gateway.
void provide_gateway(Attachment& it, const netlink::Link& bridge) {
  netlink::Link gateway = bridge;
  if (it.config.vlan != 0) {
    gateway = ensure_vlan_gateway(it.host, bridge, it.config);
    it.result.interfaces.push_back({.name = gateway.name, .mac = gateway.mac.to_string(), .mtu = gateway.mtu});
  }
  ensure_gateway_addresses(it.host, gateway, gateway_addresses(it.result), it.config.force_address);
}

// Masquerade and spoof protection, in one transaction.
void set_rules(Attachment& it, const netlink::links::Veth& cable) {
  const auto intents = wanted_rules(it.config, cable.host.name, cable.peer_mac, it.result);
  if (intents.empty()) return;
  it.undo.add("remove packet filter rules", [&it] { attach::remove_rules(it.record); });
  firewall::apply(*it.record.backend, it.request.owner, intents, attach::is_dead_by_tag);
}

// The tag, and a look at the host as it is now: a bridge that others made takes its MAC from one of its ports.
netlink::Link tag_and_look(Attachment& it, const netlink::Link& bridge, const netlink::links::Veth& cable) {
  std::vector<netlink::Request> tag;
  tag.push_back(links::set_alias(cable.host.index, it.request.owner.tag(), cable.host.name));
  const auto host = links::change_and_look(it.host, std::move(tag), {cable.host.index, bridge.index});
  if (it.config.is_gateway) {
    std::vector<net::Ip> forwarded;
    for (const auto& ip : it.result.ips) forwarded.push_back(ip.address.ip);
    attach::enable_forwarding(forwarded, host);
  }
  netlink::Link port = cable.host;
  for (const netlink::Link& link : host.links) {
    if (link.index == bridge.index) it.result.interfaces.front().mac = link.mac.to_string();
    if (link.index == cable.host.index) port = link;
  }
  return port;
}

// A neighbour may still know the previous owner of an address; an announcement is of use only
// once the port forwards it.
void announce(Attachment& it, const netlink::Link& port, const netlink::links::Veth& cable) {
  if (!it.config.container_interface_up || !wait_until_forwarding(it.host, port) || it.result.ips.empty()) return;
  it.container.socket.transact(links::announce(cable.peer_index, cable.peer_mac, it.container.ifname));
}

}  // namespace

contract::Result add(const contract::Request& request) {
  Attachment it{request};
  attach::clear_leftovers(request, records());
  const netlink::Link bridge = ensure_bridge(it.host, it.config, it.use, it.undo);
  ask_for_addresses(it);
  const netlink::links::Veth cable = plug_in(it, bridge);
  contract::stop_if_asked();

  if (it.asked) {
    receive_addresses(it);
    configure_container(it, cable);
    if (it.config.is_gateway) provide_gateway(it, bridge);
  } else if (it.config.container_interface_up) {
    it.container.socket.transact(links::set_up(cable.peer_index, it.container.ifname));
  }
  set_rules(it, cable);
  contract::stop_if_asked();
  announce(it, tag_and_look(it, bridge, cable), cable);

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
  if (const auto present = links::find(host, config.bridge)) refuse_unfit(*present, config, Code::not_available);
  if (config.is_gateway) attach::require_forwarding_possible();
  if (config.ip_masq) attach::require_firewall(config.backend, {firewall::Kind::masquerade});
  if (config.mac_spoof_check) attach::require_firewall(firewall::Backend::nftables, {firewall::Kind::mac_spoof});
  if (config.ipam) attach::check_ipam_status(request, *config.ipam);
}

os::Capabilities needs(contract::Command command) {
  const os::Capabilities on_the_host = os::kToReachFiles | os::kToSeeNamespaces | os::kToFilterPackets;
  if (command == contract::Command::gc || command == contract::Command::status) return on_the_host;
  return on_the_host | os::kToEnterNamespaces;
}

}  // namespace patchbay::bridge
