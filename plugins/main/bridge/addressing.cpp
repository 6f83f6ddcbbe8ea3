// SPDX-License-Identifier: Apache-2.0
#include "plugins/main/bridge/addressing.hpp"

#include <algorithm>

namespace patchbay::bridge {
namespace {

// With a gateway of its own, or without: that is the IPAM's way of asking for ours.
bool has_default_route(const contract::Result& result, net::Family family) {
  return std::any_of(result.routes.begin(), result.routes.end(), [&](const contract::Route& route) {
    return route.dst.family() == family && route.dst.is_default();
  });
}

}  // namespace

void complete_gateways(contract::Result& addresses, const Config& config) {
  if (!config.is_gateway) return;
  for (contract::IpConfig& ip : addresses.ips) {
    if (!ip.gateway) ip.gateway = ip.address.network().ip.next();
    const net::Family family = ip.address.family();
    if (!config.is_default_gateway || has_default_route(addresses, family)) continue;
    addresses.routes.push_back({.dst = {net::Ip::any(family), 0}, .gw = ip.gateway});
  }
}

std::vector<net::Cidr> gateway_addresses(const contract::Result& addresses) {
  std::vector<net::Cidr> gateways;
  for (const contract::IpConfig& ip : addresses.ips) {
    if (ip.gateway) gateways.push_back({*ip.gateway, ip.address.prefix});
  }
  std::sort(gateways.begin(), gateways.end());
  gateways.erase(std::unique(gateways.begin(), gateways.end()), gateways.end());
  return gateways;
}

}  // namespace patchbay::bridge
