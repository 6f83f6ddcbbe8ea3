// SPDX-License-Identifier: Apache-2.0
// libnl's reference-counted objects as values with an owner. For .cpp files only.
#pragma once

#include <netlink/addr.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>

#include <memory>
#include <string>

#include "common/base/error.hpp"
#include "common/net/ip.hpp"
#include "common/wire/message.hpp"

namespace patchbay::netlink::detail {

template <auto release>
struct Release {
  template <typename Object>
  void operator()(Object* object) const {
    release(object);
  }
};
using NlAddress = std::unique_ptr<nl_addr, Release<&nl_addr_put>>;
using RtnlAddress = std::unique_ptr<rtnl_addr, Release<&rtnl_addr_put>>;
using RtnlRoute = std::unique_ptr<rtnl_route, Release<&rtnl_route_put>>;

// libnl's answer (0 or a negative NLE_ code) to `doing`; these functions only fill memory.
inline void check(int answer, const std::string& doing) {
  if (answer < 0) throw Error{Code::internal, doing + ": " + nl_geterror(answer)};
}

inline NlAddress to_libnl(const net::Cidr& cidr) {
  NlAddress address{nl_addr_build(static_cast<int>(cidr.family()), cidr.ip.data(), cidr.ip.size())};
  if (!address) throw Error{Code::internal, "libnl: out of memory"};
  nl_addr_set_prefixlen(address.get(), cidr.prefix);
  return address;
}
inline NlAddress to_libnl(const net::Ip& ip) { return to_libnl(net::Cidr::host(ip)); }

}  // namespace patchbay::netlink::detail
