// SPDX-License-Identifier: Apache-2.0
#include "common/attach/ipam_answer.hpp"

#include <algorithm>

#include "common/base/error.hpp"

namespace patchbay::attach {
namespace {

constexpr std::size_t kMostAddresses = 256;

Error useless(const std::string& what, const std::string& list, std::size_t index, const char* key) {
  return std::move(Error{Code::delegate_failed, what}.at("/" + list + "/" + std::to_string(index) + "/" + key));
}

void check_gateway(const contract::IpConfig& ip, std::size_t index) {
  const net::Ip& gateway = *ip.gateway;
  const bool fits = gateway.family() == ip.address.family() && gateway.is_assignable() && gateway != ip.address.ip;
  if (!fits)
    throw useless("returned gateway " + gateway.to_string() + " for " + ip.address.to_string(), "ips", index,
                  "gateway");
}

void check_addresses(const std::vector<contract::IpConfig>& ips) {
  for (std::size_t i = 0; i < ips.size(); ++i) {
    const net::Ip& ip = ips[i].address.ip;
    if (!ip.is_assignable()) throw useless("returned " + ip.to_string(), "ips", i, "address");
    const auto before = ips.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::any_of(ips.begin(), before, [&](const auto& other) { return other.address.ip == ip; }))
      throw useless("returned " + ip.to_string() + " twice", "ips", i, "address");
    if (ips[i].gateway) check_gateway(ips[i], i);
  }
}

}  // namespace

void check_answer(const contract::Result& answer) {
  if (answer.ips.empty()) {
    throw Error{Code::delegate_failed, "returned no address"}
        .at("/ipam/type")
        .hint("see what the plugin is configured to hand out");
  }
  if (answer.ips.size() > kMostAddresses) {
    throw Error{Code::delegate_failed, "returned " + std::to_string(answer.ips.size()) + " addresses"}
        .at("/ips")
        .expected("at most " + std::to_string(kMostAddresses));
  }
  check_addresses(answer.ips);
  for (std::size_t i = 0; i < answer.routes.size(); ++i) {
    const contract::Route& route = answer.routes[i];
    if (route.gw && route.gw->family() != route.dst.family())
      throw useless("returned a route to " + route.dst.to_string() + " by " + route.gw->to_string(), "routes", i, "gw");
  }
}

}  // namespace patchbay::attach
