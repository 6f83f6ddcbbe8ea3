// SPDX-License-Identifier: Apache-2.0
// Bridges.
#include <linux/if_link.h>

#include "common/netlink/detail/create.hpp"
#include "common/netlink/link.hpp"

namespace patchbay::netlink::links {

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
  auto link =
      detail::create(socket, std::move(message), options.name, doing,
                     options.vlan_filtering ? "CONFIG_BRIDGE or CONFIG_BRIDGE_VLAN_FILTERING" : "CONFIG_BRIDGE");
  // Some kernels built without it ignore the wish, others refuse.
  if (link && options.vlan_filtering && !link->vlan_filtering.value_or(false)) {
    remove(socket, link->index, {});
    throw Error{Code::feature_missing, doing + " with VLAN filtering"}.hint(
        "this kernel lacks CONFIG_BRIDGE_VLAN_FILTERING");
  }
  return link;
}

}  // namespace patchbay::netlink::links
