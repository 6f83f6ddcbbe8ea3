// SPDX-License-Identifier: Apache-2.0
// Addresses and routes of a cable to the host, as the reference's ptp lays them:
//
//   container   <gateway> dev eth0 scope link src <ip>     host   <gateway>/32 (or /128) on the host end
//               <subnet> via <gateway> dev eth0 src <ip>          <ip>/32 (or /128) dev <host end>
//
// so that even neighbours of the same subnet are reached through the host.
#pragma once

#include <string>
#include <vector>

#include "common/contract/result.hpp"
#include "common/netlink/link.hpp"
#include "common/netlink/route.hpp"

namespace patchbay::veth {

// Throws invalid_config unless every address has a gateway of its own family.
void require_gateways(const contract::Result& result);

// The two routes of one address inside the container.
std::vector<netlink::Route> container_routes(const contract::IpConfig& ip, int link);
// The route to one container address on the host.
netlink::Route host_route(const contract::IpConfig& ip, int link);

// After attach::configure_interface without routes: replaces the kernel's connected route, then
// adds those of the result.
void lay_container_routes(netlink::Socket& inside, const contract::Result& result, int link);
// Gateway addresses and routes on the host end, and its owner's tag.
void lay_host_side(netlink::Socket& host, const contract::Result& result, const netlink::Link& end,
                   const std::string& tag);

}  // namespace patchbay::veth
