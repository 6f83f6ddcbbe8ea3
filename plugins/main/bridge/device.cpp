// SPDX-License-Identifier: Apache-2.0
#include "plugins/main/bridge/device.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>

#include "common/attach/host.hpp"
#include "common/attach/record.hpp"
#include "common/netlink/address.hpp"
#include "common/os/file.hpp"

namespace patchbay::bridge {
namespace {

namespace addresses = netlink::addresses;
namespace links = netlink::links;

// The bridge that we have just made goes again when this ADD fails, unless somebody uses it.
void remove_unused_bridge(const netlink::Link& bridge, const BridgeUse& use) {
  if (!use.is_alone()) return;
  netlink::Socket host;
  if (links::list(host, {}, bridge.index).empty()) links::remove(host, bridge.index, bridge.name);
}

std::optional<netlink::Link> create(netlink::Socket& host, const Config& config) {
  return links::create_bridge(
      host,
      {.name = config.bridge, .mtu = config.mtu, .mac = net::Mac::random(), .vlan_filtering = config.vlan_filtering});
}

netlink::Link find_or_create(netlink::Socket& host, const Config& config, const BridgeUse& use, Rollback& undo) {
  if (auto present = links::find(host, config.bridge)) return *std::move(present);
  const auto made = std::make_shared<std::optional<netlink::Link>>();
  undo.add("remove bridge " + config.bridge, [made, &use] {
    if (*made) remove_unused_bridge(**made, use);
  });
  *made = create(host, config);
  if (*made) {
    attach::skip_duplicate_detection((*made)->name);
    return **made;
  }
  return links::get(host, config.bridge);  // another first ADD was quicker
}

bool conflicts(const netlink::Address& present, const net::Cidr& wanted) {
  const net::Cidr& address = present.address;
  if (address == wanted || address.family() != wanted.family()) return false;
  return wanted.ip.is_v4() || (!address.ip.is_link_local() && address.overlaps(wanted));
}

Error address_conflict(const netlink::Link& device, const net::Cidr& present, const net::Cidr& wanted) {
  return Error{Code::bridge_conflict, device.name + " already has an IP address different from " + wanted.to_string()}
      .at("/ipam")
      .expected(wanted.to_string() + ", but it has " + present.to_string())
      .hint(
          "another network uses this bridge: give this one a bridge of its own, or set forceAddress, or `ip addr del " +
          present.to_string() + " dev " + device.name + "`");
}

// nullopt: of both.
std::optional<net::Family> only_family(const std::vector<net::Cidr>& addresses) {
  if (addresses.empty()) return std::nullopt;
  const net::Family family = addresses.front().family();
  const bool alone =
      std::all_of(addresses.begin(), addresses.end(), [&](const net::Cidr& it) { return it.family() == family; });
  return alone ? std::optional{family} : std::nullopt;
}

// Bounded: the one who is alone may have been stopped just then.
os::FileLock share_lock() {
  const std::string path = std::string{attach::kRunDirectory} + "/bridge.lock";
  const auto share = [&] { return os::FileLock::share(path, 0600, os::kLockPatience); };
  try {
    return share();
  } catch (const Error& error) {
    if (error.error_number() != ENOENT) throw;
  }
  os::Directory::ensure(attach::kRunDirectory, 0700);
  return share();
}

}  // namespace

BridgeUse::BridgeUse() : lock_(share_lock()) {}

void refuse_unfit(const netlink::Link& bridge, const Config& config, Code code) {
  if (bridge.kind != "bridge") {
    throw Error{code, bridge.name + " exists but is not a bridge"}
        .at("/bridge")
        .expected("a bridge, or a name that is free")
        .hint("`ip -d link show " + bridge.name + "` tells what it is");
  }
  if (config.vlan_filtering && !bridge.vlan_filtering.value_or(false)) {
    throw Error{code, "bridge " + bridge.name + " does not filter VLANs, so they would not be separated"}
        .at("/vlan")
        .hint("`ip link set " + bridge.name + " type bridge vlan_filtering 1`, or use a bridge of its own");
  }
}

netlink::Link ensure_bridge(netlink::Socket& host, const Config& config, const BridgeUse& use, Rollback& undo) {
  return with_context("prepare bridge " + config.bridge, [&] {
    netlink::Link bridge = find_or_create(host, config, use, undo);
    refuse_unfit(bridge, config, Code::bridge_conflict);
    attach::refuse_router_advertisements(bridge);  // before it comes up
    std::vector<netlink::Request> changes;
    if (!bridge.up) changes.push_back(links::set_up(bridge.index, bridge.name));
    if (config.promiscuous && !bridge.promiscuous) {
      changes.push_back(links::set_promiscuous(bridge.index, true, bridge.name));
    }
    if (!changes.empty()) host.transact(std::move(changes));
    return bridge;
  });
}

void ensure_gateway_addresses(netlink::Socket& host, const netlink::Link& device,
                              const std::vector<net::Cidr>& gateways, bool force) {
  const auto present = addresses::list(host, device.index, only_family(gateways));
  const auto has = [&](const net::Cidr& wanted) {
    return std::any_of(present.begin(), present.end(), [&](const auto& it) { return it.address == wanted; });
  };
  std::vector<netlink::Request> changes;
  for (const net::Cidr& wanted : gateways) {
    if (has(wanted)) continue;
    for (const netlink::Address& other : present) {
      if (!conflicts(other, wanted)) continue;
      if (!force) throw address_conflict(device, other.address, wanted);
      changes.push_back(addresses::remove(device.index, other.address, device.name));
    }
    changes.push_back(addresses::add(device.index, wanted, {}, device.name));
    changes.back().tolerated.push_back(EEXIST);  // a parallel ADD was quicker
  }
  if (changes.empty()) return;
  // Writing the present MAC back fixes it: a bridge that others made would follow its ports' MACs, and
  // has none when the last of them has gone.
  if (device.kind == "bridge") {
    const net::Mac mac = device.mac.is_zero() ? net::Mac::random() : device.mac;
    changes.push_back(links::set_mac(device.index, mac, "fix the MAC of " + device.name));
  }
  host.transact(std::move(changes));
}

}  // namespace patchbay::bridge
