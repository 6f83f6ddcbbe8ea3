// SPDX-License-Identifier: Apache-2.0
#include "plugins/main/veth/veth.hpp"

#include "common/attach/container.hpp"
#include "common/attach/detach.hpp"
#include "common/attach/host.hpp"
#include "common/attach/ipam.hpp"
#include "common/attach/readiness.hpp"
#include "common/base/rollback.hpp"
#include "common/contract/run.hpp"
#include "common/firewall/firewall.hpp"
#include "plugins/main/veth/cable.hpp"
#include "plugins/main/veth/check.hpp"
#include "plugins/main/veth/config.hpp"
#include "plugins/main/veth/point_to_point.hpp"

namespace patchbay::veth {
namespace {

constexpr std::chrono::milliseconds kCarrierPatience{2550};  // as long as the reference waits for a bridge port

// One container on its way to a cable of its own. What is constructed here has changed nothing yet.
struct Attachment {
  Attachment(const contract::Request& asked_for, Config parsed)
      : request(asked_for),
        config(std::move(parsed)),
        backend(config.ip_masq ? std::optional{attach::choose_backend(config.backend)} : std::nullopt),
        container(attach::open_container_for_add(asked_for)),
        asked(asked_for, *config.ipam, container.netns.id()) {}

  const contract::Request& request;
  const Config config;
  const std::optional<firewall::Backend> backend;  // that masquerades, as far as it is known yet
  attach::Container container;
  netlink::Socket host;
  attach::AddressRequest asked;
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
  it.record.masquerade = it.config.ip_masq;
  it.record.ipam_type = *it.config.ipam;
  it.record.backend = it.backend;
  it.undo.add("forget the attachment", [&it] { records().remove(it.request.owner); });
}

void take_addresses(Attachment& it, contract::Result addresses) {
  require_gateways(addresses);
  it.result.ips = std::move(addresses.ips);
  for (auto& ip : it.result.ips) ip.interface = 1;
  it.result.routes = std::move(addresses.routes);
  it.result.dns = it.config.dns ? *it.config.dns : addresses.dns;
  attach::note_addresses(it.record, it.result.ips, it.config.backend);
}

// Intent first: from the record DEL knows where to look, whatever happens from here on. Our own IPAM
// has answered by then, so that one record tells everything; a foreign one works while we make the link.
void ask_for_addresses(Attachment& it) {
  begin_record(it);
  const auto release = [&it] { it.asked.release(); };
  if (it.asked.is_answered_in_process()) {
    it.undo.add("release addresses", [&it, release] {
      if (it.leased) release();
    });
    contract::Result addresses = it.asked.finish();
    it.leased = true;
    take_addresses(it, std::move(addresses));
    return records().write(it.record);
  }
  records().write(it.record);
  it.undo.add("release addresses", release);
  it.asked.start();
}

void receive_addresses(Attachment& it) {
  if (it.record.addresses_known) return;
  take_addresses(it, it.asked.finish());
  records().replace(it.record);
}

netlink::links::Veth plug_in(Attachment& it) {
  it.undo.add("remove the cable", [&it] {
    if (it.host_end != 0) netlink::links::remove(it.host, it.host_end, {});
  });
  netlink::links::Veth cable = attach::create_cable(it.host, {.owner = it.request.owner,
                                                              .container = &it.container.netns,
                                                              .container_mac = it.config.mac,
                                                              .mtu = it.config.mtu});
  it.host_end = cable.host.index;
  it.result.interfaces = {{.name = cable.host.name, .mac = cable.host.mac.to_string(), .mtu = cable.host.mtu},
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

void connect(Attachment& it, const netlink::links::Veth& cable) {
  attach::configure_interface(
      it.container, {.index = cable.peer_index, .name = it.container.ifname, .ips = it.result.ips, .routes = {}});
  lay_container_routes(it.container.socket, it.result, cable.peer_index);
  lay_host_side(it.host, it.result, cable.host, it.request.owner.tag());
}

void forward_and_wait(Attachment& it, const netlink::links::Veth& cable) {
  const auto host = netlink::links::change_and_look(it.host, {}, {cable.host.index});
  std::vector<net::Ip> forwarded;
  for (const auto& ip : it.result.ips) forwarded.push_back(ip.address.ip);
  attach::enable_forwarding(forwarded, host);
  if (!host.links.empty() && host.links.front().operstate == netlink::OperState::up) return;
  netlink::Socket events;
  netlink::links::subscribe(events);
  if (netlink::links::wait_until_up(it.host, events, cable.host.index, os::Deadline::in(kCarrierPatience))) return;
  throw Error{Code::kernel_refused, "the cable " + cable.host.name + " did not come up"};
}

void set_rules(Attachment& it) {
  const auto intents = wanted_rules(it.config, it.result);
  if (intents.empty()) return;
  it.undo.add("remove packet filter rules", [&it] { attach::remove_rules(it.record); });
  firewall::apply(*it.record.backend, it.request.owner, intents, attach::is_dead_by_tag);
}

}  // namespace

contract::Result add(const contract::Request& request) {
  Config config = parse_config(request);
  if (!config.cable.empty()) return plug_cable(request, config);

  Attachment it{request, std::move(config)};
  attach::clear_leftovers(request, records());
  ask_for_addresses(it);
  const netlink::links::Veth cable = plug_in(it);
  contract::stop_if_asked();

  receive_addresses(it);
  connect(it, cable);
  set_rules(it);
  contract::stop_if_asked();
  forward_and_wait(it, cable);
  it.undo.commit();
  return std::move(it.result);
}

// An end that could not be unplugged must not be removed like an ordinary one: the cable would go with it,
// and the container at its other side would lose its interface.
void del(const contract::Request& request) {
  with_context("unplug the direct cable", [&] { unplug_cable(request); });
  attach::detach(request, records());
}

void check(const contract::Request& request) {
  const Config config = parse_config(request);
  const contract::Result expected = request.required_previous_result();
  if (config.ipam) attach::check_addresses(request, *config.ipam);
  attach::Container container = attach::open_container(request);
  const netlink::Link inner = attach::check_container_interface(container, request, expected, "veth");
  attach::check_addresses_and_routes(container, inner, expected);
  if (!config.cable.empty()) return;
  check_host_side(container, inner, expected);
  attach::require_rules(request.owner, config.backend, wanted_rules(config, expected));
}

void gc(const contract::Request& request) {
  with_context("collect direct cables", [&] { collect_cables(request); });
  attach::collect(request, records());
}

void status(const contract::Request& request) {
  const Config config = parse_config(request);
  if (config.cable.empty()) attach::require_forwarding_possible();
  if (config.ip_masq) attach::require_firewall(config.backend, {firewall::Kind::masquerade});
  if (config.ipam) attach::check_ipam_status(request, *config.ipam);
}

os::Capabilities needs(contract::Command command) {
  const os::Capabilities on_the_host = os::kToReachFiles | os::kToSeeNamespaces | os::kToFilterPackets;
  if (command == contract::Command::status) return on_the_host;
  return on_the_host | os::kToEnterNamespaces;  // GC, too: it unplugs direct cables
}

}  // namespace patchbay::veth
