// SPDX-License-Identifier: Apache-2.0
// Tells the neighbours on a link where an address lives now: gratuitous ARP (RFC 5227 section 3,
// RFC 826 request form) and unsolicited neighbour advertisement with the override flag (RFC 4861
// section 7.2.6). Sent from a packet socket born in the container's namespace.
#pragma once

#include <string>
#include <vector>

#include "common/net/ip.hpp"
#include "common/net/mac.hpp"
#include "common/os/netns.hpp"

namespace patchbay::netlink {

void announce(const os::Netns& netns, int link, const net::Mac& mac, const std::vector<net::Ip>& addresses);

}  // namespace patchbay::netlink
