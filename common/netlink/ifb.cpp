// SPDX-License-Identifier: Apache-2.0
// Intermediate functional blocks.
#include <linux/if_link.h>
#include <net/if.h>

#include "common/netlink/detail/create.hpp"
#include "common/netlink/link.hpp"

namespace patchbay::netlink::links {

std::optional<Link> create_ifb(Socket& socket, const IfbOptions& options) {
  auto message = detail::new_link(IFF_UP);
  message.put_text(IFLA_IFNAME, options.name);
  if (options.mtu != 0) message.put_u32(IFLA_MTU, options.mtu);
  message.put_u32(IFLA_TXQLEN, 0);
  message.nest(IFLA_LINKINFO, [&] { message.put_text(IFLA_INFO_KIND, "ifb"); });
  auto link = detail::create(socket, std::move(message), options.name, "create " + options.name, "CONFIG_IFB");
  // The kernel takes no alias when a link is made.
  if (link) socket.transact(set_alias(link->index, options.alias, options.name));
  return link;
}

}  // namespace patchbay::netlink::links
