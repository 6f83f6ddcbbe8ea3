// SPDX-License-Identifier: Apache-2.0
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include "common/netlink/detail/parse.hpp"

namespace patchbay::netlink::detail {
namespace {

// <linux/if.h> has it, and collides with <net/if.h>.
constexpr unsigned kLowerUp = 1U << 16U;

net::Mac mac(const wire::Attributes& attributes) {
  net::Mac mac;
  const auto address = attributes.find(IFLA_ADDRESS);
  if (address && address->payload.size() == mac.octets.size()) {
    std::memcpy(mac.octets.data(), address->payload.data(), mac.octets.size());
  }
  return mac;
}

std::optional<int> element(const std::optional<wire::Attribute>& array, unsigned position) {
  int value = 0;
  if (!array || array->payload.size() < (position + 1) * sizeof value) return std::nullopt;
  std::memcpy(&value, array->payload.data() + position * sizeof value, sizeof value);
  return value;
}

// One of the settings under net/ipv6/conf/<link> (IFLA_INET6_CONF, in host order).
std::optional<int> ipv6_setting(const wire::Attributes& attributes, unsigned number) {
  return element(attributes.nested(IFLA_AF_SPEC).nested(AF_INET6).find(IFLA_INET6_CONF), number);
}

// One of those under net/ipv4/conf/<link> (IFLA_INET_CONF: the array begins with number 1).
std::optional<int> ipv4_setting(const wire::Attributes& attributes, unsigned number) {
  return element(attributes.nested(IFLA_AF_SPEC).nested(AF_INET).find(IFLA_INET_CONF), number - 1);
}

std::optional<PortInfo> port(const wire::Attributes& info) {
  if (info.text(IFLA_INFO_SLAVE_KIND) != "bridge") return std::nullopt;
  const auto data = info.nested(IFLA_INFO_SLAVE_DATA);
  return PortInfo{
      .state = static_cast<PortState>(data.u8(IFLA_BRPORT_STATE).value_or(0)),
      .hairpin = data.u8(IFLA_BRPORT_MODE).value_or(0) != 0,
      .isolated = data.u8(IFLA_BRPORT_ISOLATED).value_or(0) != 0,
  };
}

}  // namespace

std::optional<Link> parse_link(const wire::Reply& reply) {
  if (reply.type != RTM_NEWLINK) return std::nullopt;
  const auto parsed = wire::parse<ifinfomsg>(reply.payload);
  if (!parsed) return std::nullopt;
  const auto& [header, attributes] = *parsed;
  const auto info = attributes.nested(IFLA_LINKINFO);
  Link link{
      .index = header.ifi_index,
      .name = attributes.text(IFLA_IFNAME),
      .kind = info.text(IFLA_INFO_KIND),
      .alias = attributes.text(IFLA_IFALIAS),
      .mac = mac(attributes),
      .mtu = attributes.u32(IFLA_MTU).value_or(0),
      .master = static_cast<int>(attributes.u32(IFLA_MASTER).value_or(0)),
      .group = attributes.u32(IFLA_GROUP).value_or(0),
      .up = (header.ifi_flags & IFF_UP) != 0,
      .running = (header.ifi_flags & kLowerUp) != 0,
      .promiscuous = (header.ifi_flags & IFF_PROMISC) != 0,
      .all_multicast = (header.ifi_flags & IFF_ALLMULTI) != 0,
      .tx_queue_length = attributes.u32(IFLA_TXQLEN).value_or(0),
      .operstate = static_cast<OperState>(attributes.u8(IFLA_OPERSTATE).value_or(0)),
      .port = port(info),
      .vlan_filtering = std::nullopt,
      .route_localnet = ipv4_setting(attributes, IPV4_DEVCONF_ROUTE_LOCALNET).value_or(0) != 0,
      .accept_ra = ipv6_setting(attributes, DEVCONF_ACCEPT_RA),
  };
  if (link.kind == "veth") {
    link.peer = static_cast<int>(attributes.u32(IFLA_LINK).value_or(0));
    link.peer_elsewhere = attributes.find(IFLA_LINK_NETNSID).has_value();
  } else if (link.kind == "bridge") {
    link.vlan_filtering = info.nested(IFLA_INFO_DATA).u8(IFLA_BR_VLAN_FILTERING).value_or(0) != 0;
  }
  return link;
}

}  // namespace patchbay::netlink::detail
