// SPDX-License-Identifier: Apache-2.0
// Ethernet frames that announce an address.
#pragma once

#include <cstdint>
#include <vector>

#include "common/net/ip.hpp"
#include "common/net/mac.hpp"

namespace patchbay::netlink::detail {

// IPv4: an ARP announcement (RFC 5227 section 2.3). IPv6: an unsolicited neighbour advertisement
// (RFC 4861 sections 4.4 and 7.2.6). Both broadcast to the link.
std::vector<std::uint8_t> announcement(const net::Mac& mac, const net::Ip& address);

}  // namespace patchbay::netlink::detail
