// SPDX-License-Identifier: Apache-2.0
// Kernel answers read into values; nullopt for what is something else or malformed.
#pragma once

#include <optional>
#include <vector>

#include "common/netlink/address.hpp"
#include "common/netlink/link.hpp"
#include "common/netlink/route.hpp"

namespace patchbay::netlink::detail {

std::optional<Link> parse_link(const wire::Reply& reply);        // RTM_NEWLINK
std::optional<Address> parse_address(const wire::Reply& reply);  // RTM_NEWADDR
// RTM_NEWROUTE. A multipath route is as many routes as it has next hops; empty when it is none.
std::vector<Route> parse_routes(const wire::Reply& reply);
// RTM_NEWVLAN, of one port.
std::vector<vlans::Vlan> parse_vlans(const wire::Reply& reply, int port_index);

// An address attribute of 4 or 16 octets, as the family says; nullopt also for an IPv4-mapped one.
std::optional<net::Ip> ip(const wire::Attributes& attributes, std::uint16_t type, net::Family family);
std::optional<net::Family> family(unsigned char value);

}  // namespace patchbay::netlink::detail
