// SPDX-License-Identifier: Apache-2.0
#include "common/attach/detach.hpp"

#include <algorithm>

#include "common/attach/container.hpp"
#include "common/attach/host.hpp"
#include "common/attach/ipam.hpp"
#include "common/base/error_list.hpp"
#include "common/firewall/conntrack.hpp"
#include "common/firewall/firewall.hpp"
#include "common/netlink/address.hpp"
#include "common/os/file.hpp"

namespace patchbay::attach {
namespace {

namespace links = netlink::links;

const std::vector<firewall::Kind> kKinds{firewall::Kind::masquerade, firewall::Kind::mac_spoof};

// What is known of the attachment that is to go, from the best source to the worst.
struct Traces {
  std::optional<Record> record;
  std::optional<Container> container;
  std::vector<net::Cidr> addresses;

  // The record of this boot names everything there can be.
  [[nodiscard]] bool complete() const { return record && record->addresses_known && record->boot == os::boot_id(); }
};

// The namespace, unless it is not the one that was attached: another container may live at the path by now.
std::optional<Container> recorded_container(const contract::Request& request, const std::optional<Record>& record) {
  const std::string path = request.netns.empty() && record ? record->netns_path : request.netns;
  auto container = find_container(path, request);
  if (container && record && record->netns && *record->netns != container->netns.id()) return std::nullopt;
  return container;
}

std::vector<net::Cidr> addresses_of(const contract::Result& result) {
  std::vector<net::Cidr> addresses;
  for (const auto& ip : result.ips) addresses.push_back(ip.address);
  return addresses;
}

std::vector<net::Cidr> addresses_on(Container& container) {
  const auto link = links::find(container.socket, container.ifname);
  if (!link || link->kind != "veth") return {};
  std::vector<net::Cidr> found;
  for (const auto& address : netlink::addresses::list(container.socket, link->index)) {
    if (!address.address.ip.is_link_local()) found.push_back(address.address);
  }
  return found;
}

Traces find_traces(const contract::Request& request, const Records& records, ErrorList& failures) {
  Traces traces;
  failures.attempt("read the attachment record", [&] { traces.record = records.find(request.owner); });
  failures.attempt("open the container's namespace",
                   [&] { traces.container = recorded_container(request, traces.record); });
  if (traces.record && traces.record->addresses_known) {
    traces.addresses = traces.record->addresses;
    return traces;
  }
  try {
    if (const auto previous = request.previous_result()) traces.addresses = addresses_of(*previous);
  } catch (const Error&) {
    // A damaged prevResult is no reason to keep the attachment; tags tell as much.
  }
  if (traces.addresses.empty() && traces.container) {
    failures.attempt("read the container's addresses", [&] { traces.addresses = addresses_on(*traces.container); });
  }
  return traces;
}

void remove_rules(const Owner& owner, const Traces& traces) {
  const bool none_made = traces.complete() && !traces.record->masquerade && !traces.record->mac_spoof_check;
  if (none_made) return;
  firewall::remove(owner, kKinds, {.addresses = traces.addresses, .ports = {}, .complete = traces.complete()});
}

// True when the host end's tag names somebody else.
bool is_of_another(netlink::Socket& host, const netlink::Link& link, const Owner& owner) {
  const auto peer = link.peer != 0 ? links::find(host, link.peer) : std::nullopt;
  return peer && peer->kind == "veth" && !peer->alias.empty() && peer->alias != owner.tag();
}

void remove_cable(const Owner& owner, Traces& traces) {
  netlink::Socket host;
  if (remove_host_end(host, owner, traces.record ? traces.record->host_ifname : "")) return;
  if (!traces.container) return;
  // A cable that the reference suite made has a random name on the host: found from inside.
  const auto inner = links::find(traces.container->socket, owner.ifname);
  if (!inner || inner->kind != "veth" || is_of_another(host, *inner, owner)) return;
  links::remove(traces.container->socket, inner->index, inner->name);
}

void forget_connections(const std::vector<net::Cidr>& addresses) {
  std::vector<net::Ip> ips;
  for (const net::Cidr& address : addresses) ips.push_back(address.ip);
  firewall::conntrack::forget_addresses(ips);
}

void release_lease(const contract::Request& request, const Traces& traces) {
  auto type = ipam_type(request);
  if (!type && traces.record && !traces.record->ipam_type.empty()) type = traces.record->ipam_type;
  if (type) release_addresses(request, *type);
}

}  // namespace

Owners required_valid_attachments(const contract::Request& request) {
  auto valid = request.valid_attachments();
  if (valid) return *std::move(valid);
  throw Error{Code::invalid_config, "the list of valid attachments is missing"}
      .at("/cni.dev~1valid-attachments")
      .expected("an array of {containerID, ifname}")
      .hint("an absent list is not an empty one: nothing was removed");
}

void detach(const contract::Request& request, const Records& records) {
  ErrorList failures;
  Traces traces = find_traces(request, records, failures);
  failures.attempt("remove packet filter rules", [&] { remove_rules(request.owner, traces); });
  bool unplugged = false;
  failures.attempt("remove the cable", [&] {
    remove_cable(request.owner, traces);
    unplugged = true;
  });
  failures.attempt("forget connections", [&] { forget_connections(traces.addresses); });
  // The lease stays as long as the address may still be answered for.
  if (unplugged) failures.attempt("release addresses", [&] { release_lease(request, traces); });
  if (failures.empty()) failures.attempt("remove the attachment record", [&] { records.remove(request.owner); });
  failures.throw_if_any();
}

void clear_leftovers(const contract::Request& request, const Records& records) {
  if (!records.find(request.owner)) return;
  with_context("clear what an interrupted ADD left", [&] { detach(request, records); });
}

void collect(const contract::Request& request, const Records& records) {
  const Owners valid = required_valid_attachments(request);
  const std::string& network = request.owner.network;
  ErrorList failures;
  failures.attempt("remove stale rules", [&] { firewall::collect(network, kKinds, valid); });
  bool unplugged = false;
  failures.attempt("remove stale cables", [&] {
    netlink::Socket host;
    collect_host_ends(host, network, valid);
    unplugged = true;
  });
  for (const Record& record : records.list(network)) {
    if (std::find(valid.begin(), valid.end(), record.owner) != valid.end()) continue;
    failures.attempt("forget connections", [&] { forget_connections(record.addresses); });
    if (unplugged) failures.attempt("remove a stale record", [&] { records.remove(record.owner); });
  }
  if (unplugged) {
    failures.attempt("collect addresses", [&] {
      if (const auto type = ipam_type(request)) collect_addresses(request, *type);
    });
  }
  failures.throw_if_any();
}

}  // namespace patchbay::attach
