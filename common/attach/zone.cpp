// SPDX-License-Identifier: Apache-2.0
#include "common/attach/zone.hpp"

#include <algorithm>

#include "common/attach/ingress_policy.hpp"
#include "common/attach/record.hpp"
#include "common/firewall/firewalld/firewalld.hpp"

namespace patchbay::attach {
namespace {

bool is_shared(const std::string& zone, const net::Cidr& address, const Owner& leaving) {
  return Records{kFirewallPlugin}.any(leaving.network, [&](const Record& record) {
    if (record.owner == leaving || !record.acceptance || record.acceptance->firewalld_zone != zone) return false;
    const bool has_it = std::any_of(record.addresses.begin(), record.addresses.end(),
                                    [&](const net::Cidr& other) { return other.ip == address.ip; });
    return has_it && !is_dead(record);
  });
}

}  // namespace

void leave_zone(const std::string& zone, std::vector<net::Cidr> addresses, const Owner& leaving) {
  if (zone.empty()) return;
  std::erase_if(addresses, [&](const net::Cidr& address) { return is_shared(zone, address, leaving); });
  firewall::firewalld::remove_sources(zone, addresses);
}

}  // namespace patchbay::attach
