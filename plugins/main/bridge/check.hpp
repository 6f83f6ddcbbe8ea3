// SPDX-License-Identifier: Apache-2.0
// CHECK of the host's half: bridge, port, gateway. Each throws drift with the first difference.
#pragma once

#include "common/contract/result.hpp"
#include "common/netlink/link.hpp"
#include "plugins/main/bridge/config.hpp"

namespace patchbay::bridge {

netlink::Link check_bridge(netlink::Socket& host, const Config& config, const contract::Result& expected);

// The port at the other end of `inner`, the container's interface.
netlink::Link check_port(netlink::Socket& host, const netlink::Link& bridge, const netlink::Link& inner,
                         const Config& config, const contract::Result& expected);

// Gateway addresses on the bridge (or its VLAN interface), forwarding switched on.
void check_gateway(netlink::Socket& host, const netlink::Link& bridge, const Config& config,
                   const contract::Result& expected);

}  // namespace patchbay::bridge
