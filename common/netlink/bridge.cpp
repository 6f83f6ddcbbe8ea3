// SPDX-License-Identifier: Apache-2.0
// Bridges.
#include <linux/if_link.h>

#include "common/netlink/detail/create.hpp"
#include "common/netlink/link.hpp"

namespace patchbay::netlink::links {

namespace {

// The answer may have been lost on the way: the bridge is ours when it has the address we gave it.
bool undo(Socket& socket, const BridgeOptions& options) noexcept {
  try {
    const auto link = options.mac.is_zero() ? std::nullopt : find(socket, options.name);
    if (link && link->mac == options.mac) remove(socket, link->index, {});
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

std::optional<Link> create(Socket& socket, wire::Message message, const BridgeOptions& options,
                           const std::string& doing) {
  try {
    return detail::create(socket, std::move(message), options.name, doing,
                          options.vlan_filtering ? "CONFIG_BRIDGE or CONFIG_BRIDGE_VLAN_FILTERING" : "CONFIG_BRIDGE");
  } catch (Error& error) {
    if (!undo(socket, options)) error.hint("bridge " + options.name + " may be left behind");
    throw;
  } catch (...) {
    undo(socket, options);
    throw;
  }
}

}  // namespace

std::optional<Link> create_bridge(Socket& socket, const BridgeOptions& options) {
  auto message = detail::new_link(0);
  message.put_text(IFLA_IFNAME, options.name);
  if (!options.mac.is_zero()) message.put(IFLA_ADDRESS, options.mac.octets);
  if (options.mtu != 0) message.put_u32(IFLA_MTU, options.mtu);
  message.nest(IFLA_LINKINFO, [&] {
    message.put_text(IFLA_INFO_KIND, "bridge");
    if (!options.vlan_filtering) return;
    message.nest(IFLA_INFO_DATA, [&] { message.put_u8(IFLA_BR_VLAN_FILTERING, 1); });
  });
  const std::string doing = "create bridge " + options.name;
  auto link = create(socket, std::move(message), options, doing);
  // Some kernels built without it ignore the wish, others refuse.
  if (link && options.vlan_filtering && !link->vlan_filtering.value_or(false)) {
    remove(socket, link->index, {});
    throw Error{Code::feature_missing, doing + " with VLAN filtering"}.hint(
        "this kernel lacks CONFIG_BRIDGE_VLAN_FILTERING");
  }
  return link;
}

}  // namespace patchbay::netlink::links
