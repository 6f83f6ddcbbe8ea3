// SPDX-License-Identifier: Apache-2.0
// Frames written octet by octet: what no well-behaved host sends. Ethernet, IPv4 (RFC 791) or IPv6 (RFC 8200),
// UDP (RFC 768) or a TCP SYN (RFC 9293).
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/net/ip.hpp"
#include "common/net/mac.hpp"
#include "test/support/world.hpp"

namespace patchbay::test::reach {

struct Frame {
  net::Mac to, from;
  net::Ip source, destination;
  std::string protocol;  // "tcp" or "udp"
  int port = 0;
};

std::vector<unsigned char> bytes_of(const Frame& frame, int source_port);

// Sends them out of eth0 of the namespace `from`; for each what came back within `patience`: "SYN-ACK",
// the text of a datagram, or "". Whatever address it came from: the frame's is a matter between the two.
std::vector<std::string> send(World& world, const std::string& from, const std::vector<Frame>& frames,
                              std::chrono::milliseconds patience);

net::Mac mac_of(World& world, const std::string& netns, const std::string& ifname);

}  // namespace patchbay::test::reach
