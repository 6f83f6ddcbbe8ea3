// SPDX-License-Identifier: Apache-2.0
// Changing links that exist: requests for RTM_SETLINK.
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "common/netlink/link.hpp"

namespace patchbay::netlink::links {
namespace {

wire::Message change(int index, unsigned flags = 0, unsigned changed_flags = 0) {
  return {RTM_SETLINK, 0,
          ifinfomsg{.ifi_family = AF_UNSPEC, .ifi_index = index, .ifi_flags = flags, .ifi_change = changed_flags}};
}

Request request(std::string doing, wire::Message message) {
  return {.doing = std::move(doing), .message = message.release(), .tolerated = {}};
}

}  // namespace

Request set_up(int index, const std::string& name) {
  return request("set " + name + " up", change(index, IFF_UP, IFF_UP));
}

Request set_down(int index, const std::string& name) {
  return request("set " + name + " down", change(index, 0, IFF_UP));
}

Request set_promiscuous(int index, bool on, const std::string& name) {
  return request("set promiscuous mode of " + name + (on ? " on" : " off"),
                 change(index, on ? unsigned{IFF_PROMISC} : 0U, IFF_PROMISC));
}

Request set_master(int index, int master, const std::string& doing) {
  auto message = change(index);
  message.put_u32(IFLA_MASTER, static_cast<std::uint32_t>(master));
  return request(doing, std::move(message));
}

Request set_mac(int index, const net::Mac& mac, const std::string& doing) {
  auto message = change(index);
  message.put(IFLA_ADDRESS, mac.octets);
  return request(doing, std::move(message));
}

Request set_attributes(int index, const Attributes& attributes, const std::string& name) {
  unsigned flags = 0, changed = 0;
  const auto flag = [&](std::optional<bool> on, unsigned which) {
    if (!on) return;
    changed |= which;
    if (*on) flags |= which;
  };
  flag(attributes.promiscuous, IFF_PROMISC);
  flag(attributes.all_multicast, IFF_ALLMULTI);
  auto message = change(index, flags, changed);
  if (attributes.mac) message.put(IFLA_ADDRESS, attributes.mac->octets);
  if (attributes.mtu) message.put_u32(IFLA_MTU, *attributes.mtu);
  if (attributes.tx_queue_length) message.put_u32(IFLA_TXQLEN, *attributes.tx_queue_length);
  return request("set attributes of " + name, std::move(message));
}

Request set_alias(int index, const std::string& alias, const std::string& name) {
  auto message = change(index);
  message.put(IFLA_IFALIAS, {reinterpret_cast<const std::uint8_t*>(alias.data()), alias.size()});
  return request("set the alias of " + name, std::move(message));
}

Request set_up_and_announce(int index, const std::string& name) {
  auto message = change(index, IFF_UP, IFF_UP);
  message.nest(IFLA_AF_SPEC, [&] {
    message.nest(AF_INET, [&] { message.nest(IFLA_INET_CONF, [&] { message.put_u32(IPV4_DEVCONF_ARP_NOTIFY, 1); }); });
  });
  return request("set " + name + " up, with arp_notify", std::move(message));
}

Request announce(int index, const net::Mac& mac, const std::string& name) {
  return set_mac(index, mac, "announce the addresses of " + name);
}

Request move(int index, const os::Netns& target, const std::string& new_name, const std::string& doing) {
  auto message = change(index);
  message.put_u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(target.fd()));
  message.put_text(IFLA_IFNAME, new_name);
  return request(doing, std::move(message));
}

Request set_port_options(int index, const PortOptions& options, const std::string& name) {
  wire::Message message{RTM_SETLINK, 0, ifinfomsg{.ifi_family = AF_BRIDGE, .ifi_index = index}};
  message.nest(IFLA_PROTINFO, [&] {
    message.put_u8(IFLA_BRPORT_MODE, options.hairpin ? 1 : 0);
    // Since Linux 4.18. What is not asked for is not mentioned: a new port is not isolated.
    if (options.isolated) message.put_u8(IFLA_BRPORT_ISOLATED, 1);
  });
  return request("set bridge port options of " + name, std::move(message));
}

}  // namespace patchbay::netlink::links
