// SPDX-License-Identifier: Apache-2.0
#include "common/attach/detach.hpp"

#include <algorithm>

#include "common/attach/container.hpp"
#include "common/attach/host.hpp"
#include "common/attach/host_local_config.hpp"
#include "common/attach/ipam.hpp"
#include "common/attach/warning.hpp"
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
  std::vector<net::Cidr> addresses;
  // The runtime tells of addresses that the record does not know: it is of the past, and the reference suite,
  // which keeps no records, has served the attachment since.
  bool outdated = false;
};

// The record of this boot names everything there can be.
bool is_complete(const Record& record) { return record.addresses_known && record.boot == os::boot_id(); }

std::optional<contract::Result> reported(const contract::Request& request) {
  try {
    return request.previous_result();
  } catch (const Error&) {
    return std::nullopt;  // a damaged prevResult is no reason to keep the attachment; tags tell as much
  }
}

// The interface in there is the one that the runtime was given, by its MAC.
bool is_reported(Container& container, const contract::Request& request) {
  const auto result = reported(request);
  const auto link = result ? links::find(container.socket, container.ifname) : std::nullopt;
  return link && std::any_of(result->interfaces.begin(), result->interfaces.end(), [&](const auto& interface) {
           return interface.name == link->name && !interface.sandbox.empty() &&
                  net::Mac::parse(interface.mac) == link->mac;
         });
}

// The namespace, unless it is not the one that was attached: another container may live at the path by now. (Or
// the record is of the past.)
std::optional<Container> recorded_container(const contract::Request& request, const std::optional<Record>& record) {
  const std::string path = request.netns.empty() && record ? record->netns_path : request.netns;
  auto container = find_container(path, request);
  const bool is_another = container && record && record->netns && *record->netns != container->netns.id();
  if (is_another && !is_reported(*container, request)) return std::nullopt;
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

std::vector<net::Cidr> reported_addresses(const contract::Request& request) {
  const auto previous = reported(request);
  return previous ? addresses_of(*previous) : std::vector<net::Cidr>{};
}

void add_reported(Traces& traces, const contract::Request& request) {
  for (const net::Cidr& address : reported_addresses(request)) {
    const bool known = std::any_of(traces.addresses.begin(), traces.addresses.end(),
                                   [&](const net::Cidr& it) { return it.ip == address.ip; });
    if (known) continue;
    traces.addresses.push_back(address);
    traces.outdated = true;
  }
}

Traces find_traces(const contract::Request& request, const Records& records, ErrorList& failures) {
  Traces traces;
  failures.attempt("read the attachment record", [&] { traces.record = records.find(request.owner); });
  if (traces.record && traces.record->addresses_known) {
    traces.addresses = traces.record->addresses;
    add_reported(traces, request);
    return traces;
  }
  traces.addresses = reported_addresses(request);
  if (!traces.addresses.empty()) return traces;
  failures.attempt("read the container's addresses", [&] {
    if (auto container = recorded_container(request, traces.record)) traces.addresses = addresses_on(*container);
  });
  return traces;
}

void remove_rules(const Owner& owner, const Traces& traces) {
  if (traces.record && is_complete(*traces.record) && !traces.outdated) return attach::remove_rules(*traces.record);
  firewall::remove(owner, kKinds, {.addresses = traces.addresses, .ports = {}});
}

// True when the host end's tag names somebody else.
bool is_of_another(netlink::Socket& host, const netlink::Link& link, const Owner& owner) {
  const auto peer = link.peer != 0 ? links::find(host, link.peer) : std::nullopt;
  return peer && peer->kind == "veth" && !peer->alias.empty() && peer->alias != owner.tag();
}

// By default not waiting for the kernel to forget the link. Whatever "returnEarly" is but false, DEL ends.
Return when_to_return(const contract::Request& request) {
  try {
    return request.config.flag("returnEarly", true) ? Return::early : Return::when_all_is_done;
  } catch (const Error&) {
    return Return::early;
  }
}

void remove_cable(const contract::Request& request, const Traces& traces) {
  netlink::Socket host;
  const Owner& owner = request.owner;
  const std::string recorded_name = traces.record ? traces.record->host_ifname : "";
  if (remove_host_end(host, owner, recorded_name, when_to_return(request))) return;
  auto container = recorded_container(request, traces.record);
  if (!container) return;
  // A cable that the reference suite made has a random name on the host: found from inside.
  const auto inner = links::find(container->socket, owner.ifname);
  if (!inner || inner->kind != "veth" || is_of_another(host, *inner, owner)) return;
  links::remove(container->socket, inner->index, {});
}

// Who handed out the addresses. No ADD takes a configuration in which that cannot be read: without a record
// that tells otherwise nothing was leased under it.
std::optional<std::string> ipam_to_ask(const contract::Request& request, const Traces& traces) {
  const bool recorded = traces.record && !traces.record->ipam_type.empty();
  try {
    auto type = ipam_type(request);
    if (!type && recorded) type = traces.record->ipam_type;
    if (recorded && *type == kHostLocal) static_cast<void>(host_local::data_dir(request));
    return type;
  } catch (const Error& error) {
    if (recorded) throw;
    warn("no addresses are released: " + error.summary());
    return std::nullopt;
  }
}

// One that tells everything has been replaced, or never needed to be.
void remove_record(const Owner& owner, const Traces& traces, const Records& records) {
  if (!traces.record || !traces.record->addresses_known) records.remove_unfinished(owner);
  records.remove(owner);
}

void release_lease(const contract::Request& request, const Traces& traces) {
  if (const auto type = ipam_to_ask(request, traces)) release_addresses(request, *type);
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

void remove_rules(const Record& record) {
  std::vector<firewall::Kind> made;
  if (record.masquerade) made.push_back(firewall::Kind::masquerade);
  if (record.mac_spoof_check) made.push_back(firewall::Kind::mac_spoof);
  if (made.empty()) return;
  firewall::remove(record.owner, made,
                   {.addresses = record.addresses, .ports = {}, .complete = true, .backend = record.backend});
}

void detach(const contract::Request& request, const Records& records) {
  ErrorList failures;
  const Traces traces = find_traces(request, records, failures);
  failures.attempt("remove packet filter rules", [&] { remove_rules(request.owner, traces); });
  bool unplugged = false;
  failures.attempt("remove the cable", [&] {
    remove_cable(request, traces);
    unplugged = true;
  });
  // The lease stays as long as the address may still be answered for.
  if (unplugged) failures.attempt("release addresses", [&] { release_lease(request, traces); });
  if (failures.empty()) {
    failures.attempt("remove the attachment record", [&] { remove_record(request.owner, traces, records); });
  }
  failures.throw_if_any();
}

void clear_leftovers(const contract::Request& request, const Records& records) {
  if (!records.find(request.owner)) return;
  with_context("clear what an interrupted ADD left", [&] { detach(request, records); });
}

void collect(const contract::Request& request, const Records& records) {
  const Owners valid = required_valid_attachments(request);
  const std::string& network = request.owner.network;
  const Records::Stale stale = records.stale(network, valid);
  ErrorList failures;
  failures.attempt("remove stale rules", [&] { firewall::collect(network, kKinds, valid); });
  bool unplugged = false;
  failures.attempt("remove stale cables", [&] {
    netlink::Socket host;
    Owners owners;
    for (const Record& record : stale.records) owners.push_back(record.owner);
    collect_host_ends(host, network, valid, owners);
    unplugged = true;
  });
  failures.attempt("forget connections", [&] {
    std::vector<net::Ip> addresses;
    for (const Record& record : stale.records) {
      for (const net::Cidr& address : record.addresses) addresses.push_back(address.ip);
    }
    firewall::conntrack::forget_addresses(addresses);
  });
  if (unplugged) {
    failures.attempt("forget the attachments", [&] { records.remove(network, stale); });
    failures.attempt("collect addresses", [&] {
      if (const auto type = ipam_type(request)) collect_addresses(request, *type);
    });
  }
  failures.throw_if_any();
}

}  // namespace patchbay::attach
