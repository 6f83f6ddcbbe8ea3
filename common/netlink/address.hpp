// SPDX-License-Identifier: Apache-2.0
// Addresses of links (<linux/if_addr.h>).
#pragma once

#include <optional>
#include <vector>

#include "common/net/ip.hpp"
#include "common/wire/socket.hpp"

namespace patchbay::netlink {

using wire::Request;
using wire::Socket;

struct Address {
  int link = 0;
  net::Cidr address;
  bool tentative = false, dad_failed = false, permanent = true;
  unsigned char scope = 0;
};

namespace addresses {

struct Options {
  bool detect_duplicates = false;  // otherwise IFA_F_NODAD: usable at once
};
// Exclusive: EEXIST is an error. IPv4 broadcast set below /31. Scope global.
Request add(int link, const net::Cidr& address, const Options& options, const std::string& link_name);
Request remove(int link, const net::Cidr& address, const std::string& link_name);  // absent is fine
// Of one link, kernel-filtered (strict check); of one family when told: that is one datagram less.
std::vector<Address> list(Socket& socket, int link, std::optional<net::Family> family = {});

}  // namespace addresses
}  // namespace patchbay::netlink
