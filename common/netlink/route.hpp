// SPDX-License-Identifier: Apache-2.0
// Routes (<linux/rtnetlink.h>). Unicast, protocol boot, as the reference suite makes them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/net/ip.hpp"
#include "common/wire/socket.hpp"

namespace patchbay::netlink {

using wire::Request;
using wire::Socket;

struct Route {
  net::Cidr dst;  // prefix 0: default
  std::optional<net::Ip> gateway;
  std::optional<net::Ip> source;  // preferred source address
  int link = 0;
  std::uint32_t table = 254;   // RT_TABLE_MAIN
  std::uint32_t priority = 0;  // metric; 0: the kernel's choice
  std::uint8_t scope = 0;      // RT_SCOPE_UNIVERSE
  std::uint8_t protocol = 3;   // RTPROT_BOOT; as read: whatever it is
  std::uint8_t type = 1;       // RTN_UNICAST
  std::uint32_t mtu = 0, advmss = 0;
  bool onlink = false;
  bool operator==(const Route&) const = default;
};

namespace routes {

enum class IfPresent { fail, append, replace, accept };
// fail: EXCL; append: CREATE only, as the reference does (parallel routes); replace: REPLACE;
// accept: EXCL, and EEXIST is fine.
Request add(const Route& route, IfPresent policy);
Request remove(const Route& route);  // absent is fine
// Routes of `link` (0: all) in `table` (0: all tables); kernel-filtered where the kernel can.
std::vector<Route> list(Socket& socket, net::Family family, int link, std::uint32_t table = 254);
// The route that a packet to `destination` would take (RTM_GETROUTE); nullopt: unreachable.
std::optional<Route> to(Socket& socket, const net::Ip& destination);

}  // namespace routes
}  // namespace patchbay::netlink
