// SPDX-License-Identifier: Apache-2.0
#include "plugins/main/veth/cable.hpp"

#include <algorithm>

#include "common/attach/container.hpp"
#include "common/attach/detach.hpp"
#include "common/attach/ipam.hpp"
#include "common/attach/warning.hpp"
#include "common/base/digest.hpp"
#include "common/base/error_list.hpp"
#include "common/base/rollback.hpp"
#include "common/os/file.hpp"
#include "plugins/main/veth/check.hpp"

namespace patchbay::veth {
namespace {

namespace links = netlink::links;

// One end of a cable, as its attachment's DEL or a GC finds it.
struct End {
  Owner owner;
  std::string cable;
  std::string netns_path;
  std::optional<os::NetnsId> netns;
};

std::string parked_name(const std::string& network, const std::string& cable) {
  return "veth" + sha512_hex(network + "/:cable/" + cable, 11);
}

os::FileLock lock_cables() {
  return os::FileLock::acquire(os::Directory::ensure(attach::kRunDirectory, 0700), "cables.lock", 0600,
                               os::kLockPatience);
}

std::vector<Owner> others_on(const End& end) {
  std::vector<Owner> others;
  for (const attach::Record& record : records().list(end.owner.network)) {
    const bool other = record.cable == end.cable && record.owner != end.owner;
    if (other && !attach::is_dead(record)) others.push_back(record.owner);
  }
  return others;
}

void refuse_third_end(const End& end) {
  const auto others = others_on(end);
  if (others.size() < 2) return;
  throw Error{Code::invalid_config, "cable " + end.cable + " already connects containers " + others[0].container +
                                        " and " + others[1].container}
      .at("/cable")
      .hint("a cable has two ends: use another name, or a bridge");
}

// Whose container the other end is in, as the parked end's alias tells. Never empty: an empty
// alias would make the end look like a leftover.
std::string far_side_tag(const End& end) {
  const auto others = others_on(end);
  return others.empty() ? end.owner.network + "/:cable/" + end.cable : others.front().tag();
}

// The container's end of a cable: new, or the parked end of one whose other side is in use.
netlink::Link take_end(netlink::Socket& host, attach::Container& container, const End& end, const Config& config) {
  const std::string name = parked_name(end.owner.network, end.cable);
  if (const auto parked = links::find(host, name)) {
    host.transact(links::move(parked->index, container.netns, container.ifname, "plug in cable " + end.cable));
    const netlink::Link plugged = links::get(container.socket, container.ifname);
    if (config.mac)
      container.socket.transact(links::set_mac(plugged.index, *config.mac, "set the MAC of " + plugged.name));
    return links::get(container.socket, container.ifname);
  }
  const auto made =
      links::create_veth(host, {.host = {.name = name, .alias = end.owner.tag()},
                                .peer = {.name = container.ifname, .mac = config.mac, .netns = &container.netns},
                                .mtu = config.mtu,
                                .up = false});
  if (!made) throw Error{Code::internal, "the parked end " + name + " appeared under the lock"};
  return links::get(container.socket, container.ifname);
}

// The end leaves its container: parked for the next one, or gone with the cable when nobody is at
// the other side.
void unplug(const End& end) {
  const auto lock = lock_cables();
  netlink::Socket host;
  const std::string name = parked_name(end.owner.network, end.cable);
  const auto parked = links::find(host, name);
  auto netns = end.netns_path.empty() ? std::nullopt : os::Netns::find(end.netns_path);
  if (netns && end.netns && *end.netns != netns->id()) netns.reset();

  std::optional<netlink::Link> inner;
  std::optional<netlink::Socket> inside;
  if (netns) inner = links::find(inside.emplace(*netns), end.owner.ifname);
  if (!inner || inner->kind != "veth") {
    if (parked && parked->alias == end.owner.tag()) links::remove(host, parked->index, name);
    return;
  }
  if (parked) {
    const bool ours = parked->peer == inner->index && inner->peer == parked->index;
    if (ours) links::remove(host, parked->index, name);
    return;
  }
  // The alias first: whenever we are killed, a parked end tells who is at the other side.
  inside->transact(links::set_alias(inner->index, far_side_tag(end), inner->name));
  inside->transact(links::move(inner->index, os::Netns::own(), name, "unplug cable " + end.cable));
}

void write_record(const contract::Request& request, const Config& config, attach::Record& record) {
  record.cable = config.cable;
  record.ipam_type = config.ipam.value_or("");
  record.addresses_known = !config.ipam;
  with_context("note the attachment of " + request.owner.container, [&] { records().write(record); });
}

void address_end(attach::Container& container, const netlink::Link& end, attach::AddressRequest& asked,
                 attach::Record& record, contract::Result& result) {
  contract::Result addresses = asked.finish();
  result.ips = std::move(addresses.ips);
  for (auto& ip : result.ips) {
    ip.interface = 0;
    record.addresses.push_back(ip.address);
  }
  result.routes = std::move(addresses.routes);
  result.dns = std::move(addresses.dns);
  record.addresses_known = true;
  records().replace(record);
  attach::configure_interface(
      container, {.index = end.index, .name = end.name, .ips = result.ips, .routes = result.routes, .announce = true});
}

// No ADD takes another name: nothing is plugged in under it.
std::string readable_cable_name(const contract::Request& request) {
  try {
    return cable_name(request);
  } catch (const Error& error) {
    attach::warn("no direct cable is unplugged: " + error.summary());
    return {};
  }
}

}  // namespace

contract::Result plug_cable(const contract::Request& request, const Config& config) {
  attach::Container container = attach::open_container_for_add(request);
  attach::clear_leftovers(request, records());
  const End end{request.owner, config.cable, request.netns, container.netns.id()};

  std::optional<attach::AddressRequest> asked;
  if (config.ipam) asked.emplace(request, *config.ipam, container.netns.id());
  Rollback undo;
  attach::Record record = attach::begin_record(request, container.netns.id());
  undo.add("forget the attachment", [&] { records().remove(request.owner); });
  if (asked) undo.add("release addresses", [&] { asked->release(); });
  contract::Result result;
  netlink::Link inner;
  {
    const auto lock = lock_cables();
    refuse_third_end(end);
    write_record(request, config, record);
    netlink::Socket host;
    // Before the step: its answer may get lost. By then the lock is free again.
    undo.add("unplug cable " + config.cable, [&] { unplug(end); });
    inner = take_end(host, container, end, config);
  }
  result.interfaces = {{.name = inner.name, .mac = inner.mac.to_string(), .mtu = inner.mtu, .sandbox = request.netns}};
  if (asked) {
    address_end(container, inner, *asked, record, result);
  } else {
    container.socket.transact(links::set_up(inner.index, inner.name));
  }
  if (config.dns) result.dns = *config.dns;
  undo.commit();
  return result;
}

void unplug_cable(const contract::Request& request) {
  const auto record = records().find(request.owner);
  const std::string cable = record ? record->cable : readable_cable_name(request);
  if (cable.empty()) return;
  unplug({.owner = request.owner,
          .cable = cable,
          .netns_path = request.netns.empty() && record ? record->netns_path : request.netns,
          .netns = record ? record->netns : std::nullopt});
}

void collect_cables(const contract::Request& request) {
  const Owners valid = attach::required_valid_attachments(request);
  ErrorList failures;
  for (const attach::Record& record : records().list(request.owner.network)) {
    if (record.cable.empty() || std::find(valid.begin(), valid.end(), record.owner) != valid.end()) continue;
    failures.attempt("unplug cable " + record.cable, [&] {
      unplug({.owner = record.owner, .cable = record.cable, .netns_path = record.netns_path, .netns = record.netns});
    });
  }
  failures.throw_if_any();
}

}  // namespace patchbay::veth
