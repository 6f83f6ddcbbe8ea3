// SPDX-License-Identifier: Apache-2.0
#include "common/netlink/route.hpp"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "common/netlink/detail/libnl.hpp"
#include "common/netlink/detail/parse.hpp"

namespace patchbay::netlink::routes {
namespace {

std::string words(const Route& route) {
  std::string text = route.dst.is_default() ? "default route" : "route to " + route.dst.to_string();
  if (route.gateway) text += " via " + route.gateway->to_string();
  return text;
}

// Takes over a next hop that `route` then owns.
void add_hop(rtnl_route* described, const Route& route) {
  rtnl_nexthop* hop = rtnl_route_nh_alloc();
  if (hop == nullptr) throw Error{Code::internal, "libnl: out of memory"};
  rtnl_route_add_nexthop(described, hop);
  if (route.link != 0) rtnl_route_nh_set_ifindex(hop, route.link);
  if (route.gateway) rtnl_route_nh_set_gateway(hop, detail::to_libnl(*route.gateway).get());
}

detail::RtnlRoute describe(const Route& route, const std::string& doing) {
  detail::RtnlRoute described{rtnl_route_alloc()};
  if (!described) throw Error{Code::internal, doing + ": out of memory"};
  rtnl_route* target = described.get();
  detail::check(rtnl_route_set_family(target, static_cast<std::uint8_t>(route.dst.family())), doing);
  detail::check(rtnl_route_set_dst(target, detail::to_libnl(route.dst).get()), doing);
  rtnl_route_set_table(target, route.table);
  rtnl_route_set_scope(target, route.scope);
  rtnl_route_set_protocol(target, route.protocol);
  rtnl_route_set_priority(target, route.priority);
  detail::check(rtnl_route_set_type(target, route.type), doing);
  if (route.source) detail::check(rtnl_route_set_pref_src(target, detail::to_libnl(*route.source).get()), doing);
  if (route.mtu != 0) detail::check(rtnl_route_set_metric(target, RTAX_MTU, route.mtu), doing);
  if (route.advmss != 0) detail::check(rtnl_route_set_metric(target, RTAX_ADVMSS, route.advmss), doing);
  if (route.onlink) rtnl_route_set_flags(target, RTNH_F_ONLINK);
  if (route.link != 0 || route.gateway) add_hop(target, route);
  return described;
}

Request request(nl_msg* built, std::string doing, std::vector<int> tolerated) {
  return {.doing = std::move(doing),
          .message = wire::Message{wire::MessagePointer{built}}.release(),
          .tolerated = std::move(tolerated)};
}

int flags_of(IfPresent policy) {
  switch (policy) {
    case IfPresent::append:
      return 0;  // NLM_F_CREATE is libnl's doing
    case IfPresent::replace:
      return NLM_F_REPLACE;
    case IfPresent::fail:
    case IfPresent::accept:
      break;
  }
  return NLM_F_EXCL;
}

}  // namespace

Request add(const Route& route, IfPresent policy) {
  const std::string doing = "add " + words(route);
  nl_msg* built = nullptr;
  detail::check(rtnl_route_build_add_request(describe(route, doing).get(), flags_of(policy), &built), doing);
  return request(built, doing, policy == IfPresent::accept ? std::vector{EEXIST} : std::vector<int>{});
}

Request remove(const Route& route) {
  const std::string doing = "remove " + words(route);
  nl_msg* built = nullptr;
  detail::check(rtnl_route_build_del_request(describe(route, doing).get(), 0, &built), doing);
  return request(built, doing, {ESRCH});
}

std::vector<Route> list(Socket& socket, net::Family family, int link, std::uint32_t table) {
  wire::Message message{RTM_GETROUTE, 0, rtmsg{.rtm_family = static_cast<unsigned char>(family)}};
  if (table != 0) message.put_u32(RTA_TABLE, table);
  if (link != 0) message.put_u32(RTA_OIF, static_cast<std::uint32_t>(link));
  std::vector<Route> found;
  // A kernel before 4.20 does not filter, and no kernel filters the hops of a multipath route.
  const auto take = [&](const wire::Reply& reply) {
    for (const Route& route : detail::parse_routes(reply)) {
      if ((link == 0 || route.link == link) && (table == 0 || route.table == table)) found.push_back(route);
    }
  };
  // ENODEV, ENOENT: no such link or table, hence no routes
  socket.dump(
      {.doing = "list routes", .message = message.release(), .tolerated = {ENODEV, ENOENT}}, [&] { found.clear(); },
      take);
  return found;
}

std::optional<Route> to(Socket& socket, const net::Ip& destination) {
  wire::Message message{RTM_GETROUTE, 0,
                        rtmsg{.rtm_family = static_cast<unsigned char>(destination.family()),
                              .rtm_dst_len = static_cast<unsigned char>(net::bits(destination.family())),
                              // otherwise IPv4 says "main" whatever it is; IPv6 knows no such flag
                              .rtm_flags = destination.is_v4() ? unsigned{RTM_F_LOOKUP_TABLE} : 0U}};
  message.put(RTA_DST, {destination.data(), destination.size()});
  const std::string doing = "look up the route to " + destination.to_string();
  std::vector<Route> found;
  const int refusal = socket.query({.doing = doing, .message = message.release(), .tolerated = {}},
                                   [&](const wire::Reply& reply) { found = detail::parse_routes(reply); });
  // What unreachable, prohibit and blackhole routes and the lack of any route answer with (fib_props)
  for (const int none : {ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL, ESRCH}) {
    if (refusal == none) return std::nullopt;
  }
  if (refusal != 0) throw system_error(Code::kernel_refused, doing, refusal);
  // IPv6 answers with the route that says no
  if (found.empty() || (found.front().type >= RTN_BLACKHOLE && found.front().type <= RTN_PROHIBIT)) return std::nullopt;
  return found.front();
}

}  // namespace patchbay::netlink::routes
