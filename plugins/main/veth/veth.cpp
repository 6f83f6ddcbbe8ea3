// SPDX-License-Identifier: Apache-2.0
#include "plugins/main/veth/veth.hpp"

#include "common/attach/container.hpp"
#include "common/attach/detach.hpp"
#include "common/attach/host.hpp"
#include "common/attach/ipam.hpp"
#include "common/attach/readiness.hpp"
#include "common/base/error_list.hpp"
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
  Attachment(const contract::Request& asked, Config parsed)
      : request(asked), config(std::move(parsed)), container(attach::open_container_for_add(asked)) {}

  const contract::Request& request;
  const Config config;
  attach::Container container;
  netlink::Socket host;
  Rollback undo;
  attach::Record record;
  contract::Result result;
};

// Intent first: whatever happens from here on, DEL knows where to look.
void write_record(Attachment& it) {
  it.record = attach::begin_record(it.request, &it.container.netns);
  it.record.host_ifname = it.request.owner.host_ifname();
  it.record.masquerade = it.config.ip_masq;
  it.record.ipam_type = *it.config.ipam;
  it.undo.add("forget the attachment", [&it] { records().remove(it.request.owner); });
  records().write(it.record);
}

netlink::links::Veth plug_in(Attachment& it) {
  it.undo.add("remove the cable", [&it] { attach::remove_host_end(it.host, it.request.owner, {}); });
  netlink::links::Veth cable = attach::create_cable(it.host, {.owner = it.request.owner,
                                                              .container = &it.container.netns,
                                                              .container_mac = it.config.mac,
                                                              .mtu = it.config.mtu});
  it.result.interfaces = {{.name = cable.host.name, .mac = cable.host.mac.to_string(), .mtu = cable.host.mtu},
                          {.name = it.container.ifname,
                           .mac = cable.peer_mac.to_string(),
                           .mtu = cable.host.mtu,
                           .sandbox = it.request.netns}};
  return cable;
}

void receive_addresses(Attachment& it, attach::AddressRequest& asked, const netlink::links::Veth& cable) {
  contract::Result addresses = asked.finish();
  require_gateways(addresses);
  it.result.ips = std::move(addresses.ips);
  for (auto& ip : it.result.ips) ip.interface = 1;
  it.result.routes = std::move(addresses.routes);
  it.result.dns = it.config.dns ? *it.config.dns : addresses.dns;

  it.record.host_ifname = cable.host.name;
  for (const auto& ip : it.result.ips) it.record.addresses.push_back(ip.address);
  it.record.addresses_known = true;
  records().write(it.record);
}

void connect(Attachment& it, const netlink::links::Veth& cable) {
  netlink::Socket events;
  netlink::links::subscribe(events);  // before the container's end comes up
  attach::configure_interface(
      it.container, {.index = cable.peer_index, .name = it.container.ifname, .ips = it.result.ips, .routes = {}});
  lay_container_routes(it.container.socket, it.result, cable.peer_index);
  lay_host_side(it.host, it.result, cable.host);
  std::vector<net::Ip> forwarded;
  for (const auto& ip : it.result.ips) forwarded.push_back(ip.address.ip);
  attach::enable_forwarding(forwarded);
  if (netlink::links::wait_until_up(it.host, events, cable.host.index, os::Deadline::in(kCarrierPatience))) return;
  throw Error{Code::kernel_refused, "the cable " + cable.host.name + " did not come up"};
}

void set_rules(Attachment& it) {
  const auto intents = wanted_rules(it.config, it.result);
  if (intents.empty()) return;
  it.undo.add("remove packet filter rules", [&it] {
    firewall::remove(it.request.owner, {firewall::Kind::masquerade},
                     {.addresses = it.record.addresses, .ports = {}, .complete = true});
  });
  firewall::apply(firewall::choose(it.config.backend), it.request.owner, intents, attach::is_dead_by_tag);
}

}  // namespace

contract::Result add(const contract::Request& request) {
  Config config = parse_config(request);
  if (!config.cable.empty()) return plug_cable(request, config);

  Attachment it{request, std::move(config)};
  attach::clear_leftovers(request, records());
  write_record(it);
  it.undo.add("release addresses", [&it] { attach::release_addresses(it.request, *it.config.ipam); });
  auto asked = attach::AddressRequest::start(request, *it.config.ipam);
  const netlink::links::Veth cable = plug_in(it);
  contract::stop_if_asked();

  receive_addresses(it, asked, cable);
  connect(it, cable);
  set_rules(it);
  contract::stop_if_asked();
  it.undo.commit();
  return std::move(it.result);
}

void del(const contract::Request& request) {
  ErrorList failures;
  failures.attempt("unplug the direct cable", [&] { unplug_cable(request); });
  failures.attempt("detach", [&] { attach::detach(request, records()); });
  failures.throw_if_any();
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
  ErrorList failures;
  failures.attempt("collect direct cables", [&] { collect_cables(request); });
  failures.attempt("collect", [&] { attach::collect(request, records()); });
  failures.throw_if_any();
}

void status(const contract::Request& request) {
  const Config config = parse_config(request);
  if (config.cable.empty()) attach::require_forwarding_possible();
  if (config.ip_masq) attach::require_firewall(config.backend);
  if (config.ipam) attach::check_ipam_status(request, *config.ipam);
}

}  // namespace patchbay::veth
