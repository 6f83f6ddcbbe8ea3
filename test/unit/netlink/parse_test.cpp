// SPDX-License-Identifier: Apache-2.0
// Kernel answers as values; rubbish is no answer.
#include "common/netlink/detail/parse.hpp"

#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <random>

#include "test/support/catch.hpp"

using namespace patchbay;
using namespace patchbay::netlink;
using wire::Message;
using wire::Reply;
using Bytes = std::vector<std::uint8_t>;

namespace {

net::Cidr cidr(const std::string& text) { return net::Cidr::parse(text).value(); }
net::Ip ip(const std::string& text) { return net::Ip::parse(text).value(); }
void put_ip(Message& message, int type, const std::string& text) {
  const auto address = ip(text);
  message.put(type, {address.data(), address.size()});
}

Reply as_reply(const Message& message) {
  nlmsghdr header;
  std::memcpy(&header, message.bytes().data(), sizeof header);
  return {.type = header.nlmsg_type, .flags = 0, .payload = message.bytes().subspan(sizeof header)};
}

Message port_message() {
  Message message{RTM_NEWLINK, 0, ifinfomsg{.ifi_index = 7, .ifi_flags = IFF_UP | IFF_PROMISC | 1U << 16U}};
  message.put_text(IFLA_IFNAME, "veth0").put_text(IFLA_IFALIAS, "net/c1/eth0");
  message.put_u32(IFLA_MTU, 1400).put_u32(IFLA_MASTER, 3).put_u32(IFLA_LINK, 2).put_u32(IFLA_LINK_NETNSID, 0);
  message.put_u8(IFLA_OPERSTATE, 6).put(IFLA_ADDRESS, net::Mac{{2, 0, 0, 0, 0, 9}}.octets);
  message.nest(IFLA_LINKINFO, [&] {
    message.put_text(IFLA_INFO_KIND, "veth").put_text(IFLA_INFO_SLAVE_KIND, "bridge");
    message.nest(IFLA_INFO_SLAVE_DATA, [&] {
      message.put_u8(IFLA_BRPORT_STATE, 3).put_u8(IFLA_BRPORT_MODE, 1).put_u8(IFLA_BRPORT_ISOLATED, 1);
    });
  });
  return message;
}

Message address_message() {
  Message message{RTM_NEWADDR, 0, ifaddrmsg{.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = 7}};
  put_ip(message, IFA_ADDRESS, "10.0.0.9");
  put_ip(message, IFA_LOCAL, "10.0.0.1");
  message.put_u32(IFA_FLAGS, IFA_F_PERMANENT | IFA_F_TENTATIVE);
  return message;
}

Message route_message() {
  Message message{RTM_NEWROUTE, 0, rtmsg{.rtm_family = AF_INET, .rtm_dst_len = 16, .rtm_table = 254, .rtm_type = 1}};
  put_ip(message, RTA_DST, "10.20.0.0");
  message.nest(RTA_METRICS, [&] { message.put_u32(RTAX_MTU, 1300); });
  message.nest_plain(RTA_MULTIPATH, [&] {
    const rtnexthop first{.rtnh_len = 16, .rtnh_flags = RTNH_F_ONLINK, .rtnh_hops = 0, .rtnh_ifindex = 7};
    message.append(&first, sizeof first);
    put_ip(message, RTA_GATEWAY, "10.0.0.1");
    const rtnexthop second{.rtnh_len = 8, .rtnh_flags = 0, .rtnh_hops = 0, .rtnh_ifindex = 8};
    message.append(&second, sizeof second);
  });
  return message;
}

Message vlan_message() {
  Message message{RTM_NEWVLAN, 0, br_vlan_msg{.family = AF_BRIDGE, .ifindex = 7}};
  message.nest(BRIDGE_VLANDB_ENTRY, [&] {
    message.put_pod(BRIDGE_VLANDB_ENTRY_INFO,
                    bridge_vlan_info{.flags = BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED, .vid = 1});
  });
  message.nest(BRIDGE_VLANDB_ENTRY, [&] {
    message.put_pod(BRIDGE_VLANDB_ENTRY_INFO, bridge_vlan_info{.flags = 0, .vid = 4094});
    message.put_u16(BRIDGE_VLANDB_ENTRY_RANGE, 0xffff);
  });
  return message;
}

}  // namespace

TEST_CASE("a link that is a bridge port") {
  const auto message = port_message();
  const auto link = detail::parse_link(as_reply(message));
  REQUIRE(link);
  CHECK(link->index == 7);
  CHECK(link->name == "veth0");
  CHECK(link->kind == "veth");
  CHECK(link->alias == "net/c1/eth0");
  CHECK(link->mac.to_string() == "02:00:00:00:00:09");
  CHECK(link->mtu == 1400);
  CHECK(link->master == 3);
  CHECK(link->peer == 2);
  CHECK(link->peer_elsewhere);
  CHECK((link->up && link->running && link->promiscuous));
  CHECK(link->operstate == OperState::up);
  REQUIRE(link->port);
  CHECK(link->port->state == PortState::forwarding);
  CHECK(link->port->hairpin);
  CHECK(link->port->isolated);
  CHECK_FALSE(link->vlan_filtering);
}

TEST_CASE("a link that says little") {
  Message message{RTM_NEWLINK, 0, ifinfomsg{.ifi_index = 1}};
  message.put(IFLA_ADDRESS, Bytes{1, 2, 3, 4});  // not an Ethernet address
  const auto link = detail::parse_link(as_reply(message));
  REQUIRE(link);
  CHECK(link->mac.is_zero());
  CHECK(link->kind.empty());
  CHECK_FALSE(link->port);
  CHECK_FALSE(detail::parse_link({.type = RTM_DELLINK, .flags = 0, .payload = as_reply(message).payload}));
}

TEST_CASE("an address is the near end, not the far one") {
  const auto message = address_message();
  const auto address = detail::parse_address(as_reply(message));
  REQUIRE(address);
  CHECK(address->address == cidr("10.0.0.1/24"));
  CHECK(address->tentative);
  CHECK(address->permanent);
  CHECK_FALSE(address->dad_failed);
}

TEST_CASE("nonsense addresses and routes are none") {
  Message long_prefix{RTM_NEWADDR, 0, ifaddrmsg{.ifa_family = AF_INET, .ifa_prefixlen = 33}};
  put_ip(long_prefix, IFA_LOCAL, "10.0.0.1");
  CHECK_FALSE(detail::parse_address(as_reply(long_prefix)));
  Message other_family{RTM_NEWADDR, 0, ifaddrmsg{.ifa_family = AF_INET6, .ifa_prefixlen = 24}};
  put_ip(other_family, IFA_LOCAL, "10.0.0.1");
  CHECK_FALSE(detail::parse_address(as_reply(other_family)));
  CHECK(detail::parse_routes(as_reply(Message{RTM_NEWROUTE, 0, rtmsg{.rtm_family = AF_INET, .rtm_dst_len = 129}}))
            .empty());
  CHECK(detail::parse_routes(as_reply(Message{RTM_NEWROUTE, 0, rtmsg{.rtm_family = AF_BRIDGE}})).empty());
}

TEST_CASE("IPv4-mapped addresses and routes, which a container may make, are none") {
  const std::array<std::uint8_t, 16> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 1};
  Message address{RTM_NEWADDR, 0, ifaddrmsg{.ifa_family = AF_INET6, .ifa_prefixlen = 120, .ifa_index = 7}};
  address.put(IFA_ADDRESS, mapped);
  CHECK_FALSE(detail::parse_address(as_reply(address)));
  Message route{RTM_NEWROUTE, 0, rtmsg{.rtm_family = AF_INET6, .rtm_dst_len = 120, .rtm_table = 254, .rtm_type = 1}};
  route.put(RTA_DST, mapped);
  CHECK(detail::parse_routes(as_reply(route)).empty());
}

TEST_CASE("a multipath route is one route per hop") {
  const auto message = route_message();
  const auto routes = detail::parse_routes(as_reply(message));
  REQUIRE(routes.size() == 2);
  CHECK(routes[0].dst == cidr("10.20.0.0/16"));
  CHECK(routes[0].gateway == ip("10.0.0.1"));
  CHECK(routes[0].link == 7);
  CHECK(routes[0].onlink);
  CHECK(routes[1].link == 8);
  CHECK_FALSE(routes[1].gateway);
  CHECK_FALSE(routes[1].onlink);
  CHECK(routes[1].mtu == 1300);
}

TEST_CASE("a route by a gateway of the other family") {
  Message message{RTM_NEWROUTE, 0, rtmsg{.rtm_family = AF_INET}};
  const auto gateway = ip("fe80::1");
  Bytes via{AF_INET6, 0};
  via.insert(via.end(), gateway.data(), gateway.data() + gateway.size());
  message.put(RTA_VIA, via);
  CHECK(detail::parse_routes(as_reply(message)).at(0).gateway == gateway);
  via.pop_back();
  Message cut{RTM_NEWROUTE, 0, rtmsg{.rtm_family = AF_INET}};
  cut.put(RTA_VIA, via);
  CHECK_FALSE(detail::parse_routes(as_reply(cut)).at(0).gateway);
}

TEST_CASE("VLANs of a port, ranges unrolled and bounded") {
  const auto message = vlan_message();
  const std::vector<vlans::Vlan> expected{{.id = 1, .pvid = true, .untagged = true}, {.id = 4094}, {.id = 4095}};
  CHECK(detail::parse_vlans(as_reply(message), 7) == expected);
  CHECK(detail::parse_vlans(as_reply(message), 8).empty());
}

TEST_CASE("noise never does harm") {
  std::mt19937 random{20240229};
  for (const auto& message : {port_message(), address_message(), route_message(), vlan_message()}) {
    const auto good = as_reply(message);
    for (int round = 0; round < 20000; ++round) {
      Bytes bytes(good.payload.begin(), good.payload.end());
      for (int change = 0; change < 3; ++change) bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
      bytes.resize(random() % (bytes.size() + 1));
      bytes.shrink_to_fit();
      const Reply reply{.type = good.type, .flags = 0, .payload = bytes};
      if (const auto link = detail::parse_link(reply)) CHECK(link->name.size() <= bytes.size());
      if (const auto address = detail::parse_address(reply)) CHECK(address->address.prefix <= 128);
      CHECK(detail::parse_routes(reply).size() <= bytes.size() / 8 + 1);
      CHECK(detail::parse_vlans(reply, 7).size() <= 4096 * (bytes.size() / 8));
    }
  }
}
