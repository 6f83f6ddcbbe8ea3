// SPDX-License-Identifier: Apache-2.0
// Requests, as the kernel will read them.
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include "common/netlink/address.hpp"
#include "common/netlink/detail/parse.hpp"
#include "common/netlink/link.hpp"
#include "common/netlink/route.hpp"
#include "test/support/catch.hpp"

using namespace patchbay;
using namespace patchbay::netlink;
using wire::Attributes;
using wire::Message;
using Bytes = std::vector<std::uint8_t>;

namespace {

net::Cidr cidr(const std::string& text) { return net::Cidr::parse(text).value(); }
net::Ip ip(const std::string& text) { return net::Ip::parse(text).value(); }

// A request taken apart again.
template <typename Header>
struct Read {
  explicit Read(Request request) : message(std::move(request.message)) {
    std::memcpy(&head, message.bytes().data(), sizeof head);
    auto parsed = wire::parse<Header>(message.bytes().subspan(sizeof head)).value();
    header = parsed.first, attributes = parsed.second;
  }
  Message message;
  nlmsghdr head{};
  Header header{};
  Attributes attributes{{}};
};

std::string vlan_words(Request request) {
  const Read<ifinfomsg> read{std::move(request)};
  CHECK(read.header.ifi_family == AF_BRIDGE);
  CHECK(read.header.ifi_index == 7);
  std::string words;
  read.attributes.nested(IFLA_AF_SPEC).for_each([&](const wire::Attribute& attribute) {
    bridge_vlan_info info{};
    REQUIRE(attribute.type == IFLA_BRIDGE_VLAN_INFO);
    REQUIRE(attribute.payload.size() == sizeof info);
    std::memcpy(&info, attribute.payload.data(), sizeof info);
    words += std::to_string(info.vid);
    if ((info.flags & BRIDGE_VLAN_INFO_PVID) != 0) words += "p";
    if ((info.flags & BRIDGE_VLAN_INFO_UNTAGGED) != 0) words += "u";
    words += (info.flags & BRIDGE_VLAN_INFO_RANGE_BEGIN) != 0 ? "-" : " ";
  });
  return words;
}

}  // namespace

TEST_CASE("flags of a link change alone") {
  const Read<ifinfomsg> up{links::set_up(7, "eth0")};
  CHECK(up.head.nlmsg_type == RTM_SETLINK);
  CHECK(up.header.ifi_index == 7);
  CHECK(up.header.ifi_flags == IFF_UP);
  CHECK(up.header.ifi_change == IFF_UP);
  CHECK(up.attributes.empty());
  const Read<ifinfomsg> down{links::set_down(7, "eth0")};
  CHECK(down.header.ifi_flags == 0);
  CHECK(down.header.ifi_change == IFF_UP);
  const Read<ifinfomsg> calm{links::set_promiscuous(7, false, "eth0")};
  CHECK(calm.header.ifi_flags == 0);
  CHECK(calm.header.ifi_change == IFF_PROMISC);
}

TEST_CASE("arp_notify goes with the link's rise") {
  const Read<ifinfomsg> read{links::set_up_and_announce(7, "eth0")};
  CHECK(read.header.ifi_flags == IFF_UP);
  const auto conf = read.attributes.nested(IFLA_AF_SPEC).nested(AF_INET).nested(IFLA_INET_CONF);
  CHECK(conf.u32(IPV4_DEVCONF_ARP_NOTIFY) == 1);
}

TEST_CASE("port options say hairpin always, isolation when wanted") {
  const Read<ifinfomsg> plain{links::set_port_options(7, {}, "veth0")};
  CHECK(plain.header.ifi_family == AF_BRIDGE);
  CHECK(plain.attributes.nested(IFLA_PROTINFO).u8(IFLA_BRPORT_MODE) == 0);
  CHECK_FALSE(plain.attributes.nested(IFLA_PROTINFO).u8(IFLA_BRPORT_ISOLATED));
  const Read<ifinfomsg> both{links::set_port_options(7, {.hairpin = true, .isolated = true}, "veth0")};
  CHECK(both.attributes.nested(IFLA_PROTINFO).u8(IFLA_BRPORT_MODE) == 1);
  CHECK(both.attributes.nested(IFLA_PROTINFO).u8(IFLA_BRPORT_ISOLATED) == 1);
}

TEST_CASE("neighbouring VLANs travel as ranges") {
  const auto words = [](const std::vector<vlans::Vlan>& list) { return vlan_words(vlans::add(7, list, "")); };
  CHECK(words({}).empty());
  CHECK(words({{.id = 5}}) == "5 ");
  CHECK(words({{.id = 12}, {.id = 10}, {.id = 11}, {.id = 20}}) == "10-12 20 ");
  CHECK(words({{.id = 10, .pvid = true, .untagged = true}, {.id = 11}, {.id = 12}}) == "10pu 11-12 ");
  CHECK(words({{.id = 10}, {.id = 11, .pvid = true}, {.id = 12}}) == "10 11p 12 ");
  CHECK(words({{.id = 10, .untagged = true}, {.id = 11, .untagged = true}, {.id = 12}}) == "10u-11u 12 ");
  std::vector<vlans::Vlan> all;
  for (std::uint16_t id = 1; id <= 4094; ++id) all.push_back({.id = id});
  CHECK(words(all) == "1-4094 ");
  CHECK(Read<ifinfomsg>{vlans::add(7, {}, "")}.head.nlmsg_type == RTM_SETLINK);
  CHECK(Read<ifinfomsg>{vlans::remove(7, {}, "")}.head.nlmsg_type == RTM_DELLINK);
}

TEST_CASE("an address is exclusive and skips duplicate detection unless asked") {
  const Read<ifaddrmsg> read{addresses::add(7, cidr("10.1.2.3/24"), {}, "eth0")};
  CHECK(read.head.nlmsg_type == RTM_NEWADDR);
  CHECK((read.head.nlmsg_flags & (NLM_F_CREATE | NLM_F_EXCL)) == (NLM_F_CREATE | NLM_F_EXCL));
  CHECK((read.head.nlmsg_flags & NLM_F_REPLACE) == 0);
  CHECK(read.header.ifa_prefixlen == 24);
  CHECK(read.header.ifa_index == 7);
  CHECK(read.header.ifa_scope == RT_SCOPE_UNIVERSE);
  CHECK(read.header.ifa_flags == IFA_F_NODAD);
  CHECK(detail::ip(read.attributes, IFA_LOCAL, net::Family::v4) == ip("10.1.2.3"));
  CHECK(detail::ip(read.attributes, IFA_BROADCAST, net::Family::v4) == ip("10.1.2.255"));
  const Read<ifaddrmsg> asked{addresses::add(7, cidr("fd00::3/64"), {.detect_duplicates = true}, "eth0")};
  CHECK(asked.header.ifa_flags == 0);
  CHECK(asked.header.ifa_family == AF_INET6);
  CHECK_FALSE(asked.attributes.find(IFA_BROADCAST));
  CHECK(addresses::add(7, cidr("10.1.2.3/24"), {}, "eth0").doing == "add 10.1.2.3/24 to eth0");
}

TEST_CASE("what libnl thinks of a loopback address's scope does not get in") {
  const Read<ifaddrmsg> read{addresses::add(1, cidr("127.0.0.2/8"), {}, "lo")};
  CHECK(read.header.ifa_scope == RT_SCOPE_UNIVERSE);
}

TEST_CASE("a route says everything and nothing more") {
  const Route route{.dst = cidr("10.20.0.0/16"),
                    .gateway = ip("10.1.2.1"),
                    .source = ip("10.1.2.3"),
                    .link = 7,
                    .table = 1000,
                    .priority = 77,
                    .scope = RT_SCOPE_LINK,
                    .mtu = 1300,
                    .advmss = 1260,
                    .onlink = true};
  const Read<rtmsg> read{routes::add(route, routes::IfPresent::fail)};
  CHECK(read.head.nlmsg_type == RTM_NEWROUTE);
  CHECK(read.header.rtm_family == AF_INET);
  CHECK(read.header.rtm_dst_len == 16);
  CHECK(read.header.rtm_protocol == RTPROT_BOOT);
  CHECK(read.header.rtm_scope == RT_SCOPE_LINK);
  CHECK(read.header.rtm_type == RTN_UNICAST);
  CHECK(read.header.rtm_flags == RTNH_F_ONLINK);
  CHECK(read.attributes.u32(RTA_TABLE) == 1000);
  CHECK(read.attributes.u32(RTA_PRIORITY) == 77);
  CHECK(read.attributes.u32(RTA_OIF) == 7);
  CHECK(detail::ip(read.attributes, RTA_GATEWAY, net::Family::v4) == ip("10.1.2.1"));
  CHECK(detail::ip(read.attributes, RTA_PREFSRC, net::Family::v4) == ip("10.1.2.3"));
  CHECK(read.attributes.nested(RTA_METRICS).u32(RTAX_MTU) == 1300);
  CHECK(read.attributes.nested(RTA_METRICS).u32(RTAX_ADVMSS) == 1260);
  // what the kernel would answer with is what was asked for
  const auto back = detail::parse_routes(
      {.type = RTM_NEWROUTE, .flags = 0, .payload = read.message.bytes().subspan(sizeof(nlmsghdr))});
  CHECK(back == std::vector{route});
}

TEST_CASE("the policy for a present route is in the flags") {
  using routes::IfPresent;
  const Route route{.dst = cidr("::/0"), .gateway = ip("fd00::1"), .link = 7};
  const auto flags = [&](IfPresent policy) {
    return Read<rtmsg>{routes::add(route, policy)}.head.nlmsg_flags &
           (NLM_F_CREATE | NLM_F_EXCL | NLM_F_REPLACE | NLM_F_APPEND);
  };
  CHECK(flags(IfPresent::fail) == (NLM_F_CREATE | NLM_F_EXCL));
  CHECK(flags(IfPresent::accept) == (NLM_F_CREATE | NLM_F_EXCL));
  CHECK(flags(IfPresent::append) == NLM_F_CREATE);
  CHECK(flags(IfPresent::replace) == (NLM_F_CREATE | NLM_F_REPLACE));
  CHECK(routes::add(route, IfPresent::accept).tolerated == std::vector{EEXIST});
  CHECK(routes::add(route, IfPresent::fail).tolerated.empty());
  CHECK(routes::add(route, IfPresent::fail).doing == "add default route via fd00::1");
}
