// SPDX-License-Identifier: Apache-2.0
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "common/netlink/detail/parse.hpp"

namespace patchbay::netlink::detail {
namespace {

// What the next hop of a route says: directly in the route, or in each of its RTA_MULTIPATH.
void read_hop(Route& route, const wire::Attributes& attributes, unsigned flags) {
  route.onlink = (flags & RTNH_F_ONLINK) != 0;
  if (auto gateway = ip(attributes, RTA_GATEWAY, route.dst.family())) route.gateway = gateway;
  const auto via = attributes.find(RTA_VIA);  // a gateway of the other family (RFC 5549)
  if (!via || via->payload.size() < sizeof(rtvia)) return;
  rtvia header;
  std::memcpy(&header, via->payload.data(), sizeof header);
  const auto bytes = via->payload.subspan(sizeof header);
  const auto of = family(static_cast<unsigned char>(header.rtvia_family));
  if (of && bytes.size() >= net::bits(*of) / 8) route.gateway = net::Ip::from_bytes(*of, bytes.data());
}

std::vector<Route> each_hop(const Route& common, std::span<const std::uint8_t> hops) {
  std::vector<Route> routes;
  rtnexthop hop;
  while (hops.size() >= sizeof hop) {
    std::memcpy(&hop, hops.data(), sizeof hop);
    if (hop.rtnh_len < sizeof hop || hop.rtnh_len > hops.size()) break;
    Route& route = routes.emplace_back(common);
    route.link = hop.rtnh_ifindex;
    read_hop(route, wire::Attributes{hops.subspan(sizeof hop, hop.rtnh_len - sizeof hop)}, hop.rtnh_flags);
    hops = hops.subspan(std::min<std::size_t>(NLMSG_ALIGN(std::size_t{hop.rtnh_len}), hops.size()));
  }
  return routes;
}

}  // namespace

std::optional<net::Family> family(unsigned char value) {
  if (value == AF_INET) return net::Family::v4;
  if (value == AF_INET6) return net::Family::v6;
  return std::nullopt;
}

std::optional<net::Ip> ip(const wire::Attributes& attributes, std::uint16_t type, net::Family family) {
  const auto attribute = attributes.find(type);
  if (!attribute || attribute->payload.size() < net::bits(family) / 8) return std::nullopt;
  const auto ip = net::Ip::from_bytes(family, attribute->payload.data());
  // An IPv4-mapped one, ::ffff:192.0.2.1, which is IPv4's for us and would not go with an IPv6 prefix. We
  // never make any, but a container may.
  if (ip.family() != family) return std::nullopt;
  return ip;
}

std::optional<Address> parse_address(const wire::Reply& reply) {
  if (reply.type != RTM_NEWADDR) return std::nullopt;
  const auto parsed = wire::parse<ifaddrmsg>(reply.payload);
  if (!parsed) return std::nullopt;
  const auto& [header, attributes] = *parsed;
  const auto of = family(header.ifa_family);
  if (!of || header.ifa_prefixlen > net::bits(*of)) return std::nullopt;
  // IFA_ADDRESS is the far end on a point-to-point link
  auto address = ip(attributes, IFA_LOCAL, *of);
  if (!address) address = ip(attributes, IFA_ADDRESS, *of);
  if (!address) return std::nullopt;
  const std::uint32_t flags = attributes.u32(IFA_FLAGS).value_or(header.ifa_flags);
  return Address{.link = static_cast<int>(header.ifa_index),
                 .address = {*address, header.ifa_prefixlen},
                 .tentative = (flags & IFA_F_TENTATIVE) != 0,
                 .dad_failed = (flags & IFA_F_DADFAILED) != 0,
                 .permanent = (flags & IFA_F_PERMANENT) != 0,
                 .scope = header.ifa_scope};
}

std::vector<Route> parse_routes(const wire::Reply& reply) {
  if (reply.type != RTM_NEWROUTE) return {};
  const auto parsed = wire::parse<rtmsg>(reply.payload);
  if (!parsed) return {};
  const auto& [header, attributes] = *parsed;
  const auto of = family(header.rtm_family);
  if (!of || header.rtm_dst_len > net::bits(*of)) return {};
  const auto dst = ip(attributes, RTA_DST, *of);
  if (!dst && header.rtm_dst_len != 0) return {};
  const auto metrics = attributes.nested(RTA_METRICS);
  Route route{
      .dst = {dst.value_or(net::Ip::any(*of)), header.rtm_dst_len},
      .gateway = std::nullopt,
      .source = ip(attributes, RTA_PREFSRC, *of),
      .link = static_cast<int>(attributes.u32(RTA_OIF).value_or(0)),
      .table = attributes.u32(RTA_TABLE).value_or(header.rtm_table),
      .priority = attributes.u32(RTA_PRIORITY).value_or(0),
      .scope = header.rtm_scope,
      .protocol = header.rtm_protocol,
      .type = header.rtm_type,
      .mtu = metrics.u32(RTAX_MTU).value_or(0),
      .advmss = metrics.u32(RTAX_ADVMSS).value_or(0),
  };
  if (const auto hops = attributes.find(RTA_MULTIPATH)) return each_hop(route, hops->payload);
  read_hop(route, attributes, header.rtm_flags);
  return {route};
}

}  // namespace patchbay::netlink::detail
