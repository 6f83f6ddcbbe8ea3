// SPDX-License-Identifier: Apache-2.0
#include "plugins/meta/portmap/portmap.hpp"

#include <algorithm>

#include "common/attach/detach.hpp"
#include "common/attach/host.hpp"
#include "common/attach/readiness.hpp"
#include "common/attach/record.hpp"
#include "common/base/error_list.hpp"
#include "common/base/rollback.hpp"
#include "common/contract/run.hpp"
#include "common/firewall/conntrack.hpp"
#include "common/firewall/firewall.hpp"
#include "common/ipam/namespaces.hpp"
#include "common/netlink/route.hpp"
#include "common/os/file.hpp"
#include "common/os/sysctl.hpp"
#include "plugins/meta/portmap/config.hpp"
#include "plugins/meta/portmap/hairpin.hpp"

namespace patchbay::portmap {
namespace {

using firewall::Kind;

attach::Records records() { return attach::Records{"portmap"}; }

firewall::Backend choose_backend(const Config& config, const firewall::PortForwards& wanted) {
  std::vector<net::Family> families;
  for (const auto& forward : wanted.families) families.push_back(forward.container.family());
  return firewall::choose(config.backend, families);
}

attach::Record record_of(const contract::Request& request, firewall::Backend backend,
                         const firewall::PortForwards& wanted) {
  attach::Record record = attach::begin_record(request, ipam::namespace_at(request.netns));
  for (const auto& forward : wanted.families) record.addresses.push_back(forward.container);
  record.addresses_known = true;
  record.port_forwards = wanted.families;
  record.forwarding = wanted;
  record.forwarding->families.clear();
  record.backend = backend;
  return record;
}

std::vector<netlink::Link> listed_host_links(netlink::Socket& host, const contract::Result& result) {
  std::vector<std::string> names;
  for (const contract::Interface& interface : result.interfaces) {
    if (interface.sandbox.empty() && !interface.name.empty()) names.push_back(interface.name);
  }
  return netlink::links::find_all(host, names);
}

std::optional<netlink::Link> find(netlink::Socket& host, const std::vector<netlink::Link>& known, int index) {
  const auto at = std::ranges::find(known, index, &netlink::Link::index);
  return at != known.end() ? std::optional{*at} : netlink::links::find(host, index);
}

// The node's own 127.0.0.1 reaches a container only when packets from there may leave by the
// interface that leads to it. Never set for "all" (CVE-2020-8558).
std::optional<netlink::Link> way_to_container(netlink::Socket& host, const std::vector<netlink::Link>& known,
                                              const firewall::PortForwards& wanted) {
  if (!wanted.snat) return std::nullopt;
  for (const auto& forward : wanted.families) {
    if (!forward.container.ip.is_v4()) continue;
    const auto route = netlink::routes::to(host, forward.container.ip);
    auto link = route ? find(host, known, route->link) : std::nullopt;
    if (link) return link;
    throw Error{Code::invalid_config, "this host has no route to the container at " + forward.container.ip.to_string()}
        .at("/prevResult/ips")
        .hint("ports can only be forwarded to a container that the host reaches: is isGateway set?");
  }
  return std::nullopt;
}

std::string localnet_key(const netlink::Link& link) { return "net/ipv4/conf/" + link.name + "/route_localnet"; }

// Removes what this owner has, by its record when there is one of this boot, otherwise by tags.
void remove(const Owner& owner, const std::optional<attach::Record>& record) {
  firewall::Hints hints;
  if (record && record->boot == os::boot_id()) {
    hints = {
        .addresses = record->addresses, .ports = record->port_forwards, .complete = true, .backend = record->backend};
  }
  firewall::remove(owner, {Kind::host_port}, hints);
}

// A container may be on several networks, each with its host ports; one of them serves those that are the
// same. After that one has gone, another does. (In iptables its rules have been there all the time.)
void pass_on(const Owner& gone) {
  for (const attach::Record& heir : records().elsewhere(gone)) {
    const auto intents = attach::intents_of(heir);
    if (!intents || heir.backend != firewall::Backend::nftables || heir.boot != os::boot_id()) continue;
    firewall::apply(*heir.backend, heir.owner, *intents, attach::is_dead_by_tag);
    if (!records().find(heir.owner)) remove(heir.owner, heir);  // detached meanwhile
  }
}

// What CHECK and a DEL without record can know: the mappings of the request, the addresses of prevResult.
std::vector<firewall::PortForward> forwards_of_request(const contract::Request& request) {
  try {
    const auto previous = request.previous_result();
    if (!previous) return {};
    return wanted_forwards(parse_config(request), *previous, request.owner.ifname).families;
  } catch (const Error&) {
    return {};  // a damaged request is no reason to keep the ports; tags tell as much
  }
}

// The record, unless the runtime tells of another address: then the record is of the past, and the reference
// suite, which keeps none, has served the attachment since.
std::optional<attach::Record> current_record(const contract::Request& request) {
  auto record = records().find(request.owner);
  if (!record) return record;
  for (const auto& forward : forwards_of_request(request)) {
    const bool known = std::ranges::any_of(
        record->addresses, [&](const net::Cidr& address) { return address.ip == forward.container.ip; });
    if (!known) return std::nullopt;
  }
  return record;
}

}  // namespace

contract::Result add(const contract::Request& request) {
  const Config config = parse_config(request);
  contract::Result result = request.required_previous_result();
  if (config.ports.empty()) return result;
  const auto wanted = wanted_forwards(config, result, request.owner.ifname);
  if (wanted.families.empty()) return result;
  const firewall::Backend backend = choose_backend(config, wanted);
  netlink::Socket host;
  const auto listed = listed_host_links(host, result);
  const auto way = way_to_container(host, listed, wanted);

  if (const auto leftover = records().find(request.owner)) remove(request.owner, leftover);
  const attach::Record record = record_of(request, backend, wanted);
  Rollback undo;
  undo.add("forget the attachment", [&] { records().remove(request.owner); });
  records().write(record);
  undo.add("close the host ports", [&] { remove(request.owner, record); });
  firewall::apply(*record.backend, request.owner, {.port_forwards = wanted}, attach::is_dead_by_tag);
  if (way && !way->route_localnet) os::sysctl::set(localnet_key(*way), "1");
  if (config.snat) let_container_reach_itself(host, listed);
  contract::stop_if_asked();
  firewall::conntrack::forget_ports(wanted.families, true);
  undo.commit();
  return result;
}

void del(const contract::Request& request) {
  ErrorList failures;
  std::optional<attach::Record> record;
  failures.attempt("read the attachment record", [&] { record = current_record(request); });
  failures.attempt("close the host ports", [&] { remove(request.owner, record); });
  const auto closed = record ? record->port_forwards : forwards_of_request(request);
  failures.attempt("forget connections", [&] { firewall::conntrack::forget_ports(closed, false); });
  if (failures.empty()) failures.attempt("remove the attachment record", [&] { records().remove(request.owner); });
  const bool of_iptables = record && record->backend == firewall::Backend::iptables;
  if (!closed.empty() && !of_iptables) failures.attempt("pass the host ports on", [&] { pass_on(request.owner); });
  failures.throw_if_any();
}

void check(const contract::Request& request) {
  const Config config = parse_config(request);
  const contract::Result result = request.required_previous_result();
  if (config.ports.empty()) return;
  const auto wanted = wanted_forwards(config, result, request.owner.ifname);
  if (wanted.families.empty()) return;
  attach::require_rules(request.owner, config.backend, {.port_forwards = wanted});
  netlink::Socket host;
  const auto way = way_to_container(host, {}, wanted);
  if (!way || way->route_localnet) return;
  throw Error{Code::drift, localnet_key(*way) + " is not 1: the node cannot use its own host ports by 127.0.0.1"};
}

void gc(const contract::Request& request) {
  const Owners valid = attach::required_valid_attachments(request);
  ErrorList failures;
  failures.attempt("close stale host ports",
                   [&] { firewall::collect(request.owner.network, {Kind::host_port}, valid); });
  const auto stale = records().stale(request.owner.network, valid);
  failures.attempt("forget connections", [&] {
    std::vector<firewall::PortForward> closed;
    for (const attach::Record& record : stale.records)
      std::ranges::copy(record.port_forwards, std::back_inserter(closed));
    firewall::conntrack::forget_ports(closed, false);
  });
  failures.attempt("forget the attachments", [&] { records().remove(request.owner.network, stale); });
  for (const attach::Record& record : stale.records)
    failures.attempt("pass the host ports on", [&] { pass_on(record.owner); });
  failures.throw_if_any();
}

void status(const contract::Request& request) {
  attach::require_firewall(parse_config(request).backend, {Kind::host_port});
}

// Whatever the verb, the container itself is never entered.
os::Capabilities needs(contract::Command /*command*/) {
  return os::kToReachFiles | os::kToSeeNamespaces | os::kToFilterPackets;
}

}  // namespace patchbay::portmap
