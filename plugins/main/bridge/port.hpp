// SPDX-License-Identifier: Apache-2.0
// One port of the bridge: the host end of a container's cable, its flags and VLANs.
#pragma once

#include <vector>

#include "common/netlink/link.hpp"
#include "plugins/main/bridge/config.hpp"

namespace patchbay::bridge {

// Hairpin, isolation and VLANs of a port that has just been made.
void configure_port(netlink::Socket& host, const netlink::Link& port, const Config& config);

// The VLANs that the configuration asks for on a container's port.
std::vector<netlink::vlans::Vlan> wanted_vlans(const Config& config);

// The interface with the gateway address of an access VLAN: "<bridge>.<vlan>", one end of a veth
// whose other end is a port of the bridge in that VLAN. Made on first use, kept.
netlink::Link ensure_vlan_gateway(netlink::Socket& host, const netlink::Link& bridge, const Config& config);

// Returns once the port, as it was when last looked at, forwards. Throws when its carrier does not come up within the
// time that the reference allows (2.55 s); a port that spanning tree holds back is left to it (then false).
bool wait_until_forwarding(netlink::Socket& host, const netlink::Link& port);

}  // namespace patchbay::bridge
