// SPDX-License-Identifier: Apache-2.0
// A container that uses its own host port, behind a bridge.
#pragma once

#include <vector>

#include "common/netlink/link.hpp"

namespace patchbay::portmap {

// Where br_netfilter is on, the bridge itself redirects such a packet, and would have to send it
// out of the port that it came in by: hairpin mode of that port, among the host's links that the
// container has, is switched on. Nothing to do without br_netfilter (the packet is routed), or for
// containers that are behind no bridge port.
void let_container_reach_itself(netlink::Socket& host, const std::vector<netlink::Link>& links);

}  // namespace patchbay::portmap
