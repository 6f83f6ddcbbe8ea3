// SPDX-License-Identifier: Apache-2.0
#include "plugins/main/veth/check.hpp"

#include <algorithm>

#include "common/attach/readiness.hpp"
#include "common/netlink/address.hpp"
#include "plugins/main/veth/point_to_point.hpp"

namespace patchbay::veth {
namespace {

Error drift(std::string what) { return Error{Code::drift, std::move(what)}; }

netlink::Link check_host_end(netlink::Socket& host, const netlink::Link& inner, const contract::Result& expected) {
  const auto end = inner.peer != 0 ? netlink::links::find(host, inner.peer) : std::nullopt;
  if (!end || end->kind != "veth" || end->peer != inner.index) {
    throw drift("the other end of " + inner.name + " is not on this host");
  }
  const auto listed = std::find_if(expected.interfaces.begin(), expected.interfaces.end(),
                                   [&](const auto& it) { return it.name == end->name && it.sandbox.empty(); });
  if (listed == expected.interfaces.end()) {
    throw drift("prevResult does not list " + end->name + ", the host end of " + inner.name);
  }
  const auto mac = net::Mac::parse(listed->mac);
  if (mac && *mac != end->mac) throw drift(end->name + " has MAC " + end->mac.to_string() + ", not " + listed->mac);
  if (listed->mtu != 0 && listed->mtu != end->mtu) {
    throw drift(end->name + " has MTU " + std::to_string(end->mtu) + ", not " + std::to_string(listed->mtu));
  }
  if (!end->up) throw drift(end->name + " is down");
  if (!inner.up) throw drift(inner.name + " is down");
  return *end;
}

void check_host_routes(netlink::Socket& host, const netlink::Link& end, const contract::IpConfig& ip) {
  const auto present = netlink::routes::list(host, ip.address.family(), end.index);
  const net::Cidr wanted = net::Cidr::host(ip.address.ip);
  const bool found =
      std::any_of(present.begin(), present.end(), [&](const netlink::Route& route) { return route.dst == wanted; });
  if (!found) throw drift("the host has no route to " + ip.address.ip.to_string() + " by " + end.name);
}

}  // namespace

firewall::Intents wanted_rules(const Config& config, const contract::Result& result) {
  firewall::Intents intents;
  if (!config.ip_masq) return intents;
  intents.masquerade.emplace();
  for (const auto& ip : result.ips) intents.masquerade->addresses.push_back(ip.address);
  return intents;
}

void check_host_side(attach::Container& container, const netlink::Link& inner, const contract::Result& expected) {
  netlink::Socket host;
  const netlink::Link end = check_host_end(host, inner, expected);
  const auto addresses = netlink::addresses::list(host, end.index);
  for (const contract::IpConfig& ip : expected.ips) {
    if (!ip.gateway) continue;
    const net::Cidr gateway = net::Cidr::host(*ip.gateway);
    const bool found =
        std::any_of(addresses.begin(), addresses.end(), [&](const auto& it) { return it.address == gateway; });
    if (!found) throw drift("gateway address " + gateway.to_string() + " is not on " + end.name);
    check_host_routes(host, end, ip);
    for (const netlink::Route& route : container_routes(ip, inner.index)) attach::check_route(container, route);
    attach::require_forwarding(ip.address.family());
  }
}

}  // namespace patchbay::veth
