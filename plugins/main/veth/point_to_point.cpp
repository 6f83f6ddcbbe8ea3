// SPDX-License-Identifier: Apache-2.0
#include "plugins/main/veth/point_to_point.hpp"

#include <linux/rtnetlink.h>

#include "common/attach/container.hpp"
#include "common/netlink/address.hpp"

namespace patchbay::veth {
namespace {

namespace routes = netlink::routes;

bool is_single_address(const net::Cidr& address) { return address.prefix == net::bits(address.family()); }

// The one that the kernel made of the address: whatever its scope and protocol.
netlink::Route connected_route(const contract::IpConfig& ip, int link) {
  return {.dst = ip.address.network(), .link = link, .scope = RT_SCOPE_NOWHERE, .protocol = RTPROT_UNSPEC};
}

}  // namespace

void require_gateways(const contract::Result& result) {
  for (const contract::IpConfig& ip : result.ips) {
    if (ip.gateway && ip.gateway->family() == ip.address.family()) continue;
    throw Error{Code::invalid_config, "the IPAM plugin gave no gateway for " + ip.address.to_string()}
        .at("/ipam")
        .expected("a gateway for every address: it becomes the host end's address")
        .hint("with the static IPAM plugin, add \"gateway\" to the address");
  }
}

std::vector<netlink::Route> container_routes(const contract::IpConfig& ip, int link) {
  std::vector<netlink::Route> wanted{
      {.dst = net::Cidr::host(*ip.gateway), .source = ip.address.ip, .link = link, .scope = RT_SCOPE_LINK}};
  if (!is_single_address(ip.address)) {
    wanted.push_back({.dst = ip.address.network(), .gateway = ip.gateway, .source = ip.address.ip, .link = link});
  }
  return wanted;
}

netlink::Route host_route(const contract::IpConfig& ip, int link) {
  return {.dst = net::Cidr::host(ip.address.ip), .link = link, .scope = RT_SCOPE_HOST};
}

void lay_container_routes(netlink::Socket& inside, const contract::Result& result, int link) {
  std::vector<netlink::Request> batch;
  for (const contract::IpConfig& ip : result.ips) {
    if (!is_single_address(ip.address)) batch.push_back(routes::remove(connected_route(ip, link)));
    for (const netlink::Route& route : container_routes(ip, link)) {
      batch.push_back(routes::add(route, routes::IfPresent::fail));
    }
  }
  for (const contract::Route& route : result.routes) {
    batch.push_back(routes::add(attach::to_netlink(route, link, result.ips), routes::IfPresent::append));
  }
  inside.transact(std::move(batch));
}

void lay_host_side(netlink::Socket& host, const contract::Result& result, const netlink::Link& end,
                   const std::string& tag) {
  std::vector<netlink::Request> batch;
  batch.push_back(netlink::links::set_alias(end.index, tag, end.name));
  for (const contract::IpConfig& ip : result.ips) {
    batch.push_back(netlink::addresses::add(end.index, net::Cidr::host(*ip.gateway), {}, end.name));
    batch.back().tolerated.push_back(EEXIST);  // two addresses with one gateway
    // Replaced when present: a route that outlived its container must not swallow this one's packets.
    batch.push_back(routes::add(host_route(ip, end.index), routes::IfPresent::replace));
  }
  host.transact(std::move(batch));
}

}  // namespace patchbay::veth
