// SPDX-License-Identifier: Apache-2.0
// What comes out of a NETLINK_ROUTE socket, a container's among them: as datagrams, and as the payload
// of each kind of message.
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <array>

#include "common/netlink/detail/parse.hpp"
#include "common/wire/detail/inbox.hpp"
#include "test/fuzz/fuzz.hpp"

using namespace patchbay;
using namespace patchbay::fuzz;
namespace detail = patchbay::netlink::detail;

namespace {

constexpr std::array<std::uint16_t, 6> kTypes{RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE,
                                              RTM_NEWVLAN, NLMSG_ERROR, NLMSG_DONE};

void examine(const netlink::Route& route) {
  require(route.dst.prefix <= net::bits(route.dst.family()), "a destination's prefix is not longer than the address");
}

void read(const wire::Reply& reply) {
  if (const auto link = detail::parse_link(reply)) {
    require(link->name.find('\0') == std::string::npos, "a name ends before its NUL");
  }
  if (const auto address = detail::parse_address(reply)) {
    require(address->address.prefix <= net::bits(address->address.family()), "a prefix is not longer than the address");
  }
  for (const auto& route : detail::parse_routes(reply)) examine(route);
  static_cast<void>(detail::parse_vlans(reply, 1));
  const auto verdict = wire::detail::verdict_of(reply);
  require(verdict.error_number >= 0, "an errno is not negative");
}

void read_datagram(std::span<const std::uint8_t> datagram) {
  std::size_t left = datagram.size();
  while (const auto received = wire::detail::take_message(datagram)) {
    require(datagram.size() < left, "a message takes room");
    left = datagram.size();
    read(received->reply);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> input{data, size};
  read_datagram(input);
  for (const std::uint16_t type : kTypes) {
    read({.type = type, .flags = NLM_F_ACK_TLVS, .payload = input});
    read({.type = type, .flags = NLM_F_ACK_TLVS | NLM_F_CAPPED, .payload = input});
  }
  return 0;
}
