// SPDX-License-Identifier: Apache-2.0
#include "common/netlink/announce.hpp"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>

#include "common/base/error.hpp"
#include "common/netlink/detail/frame.hpp"
#include "common/os/retry.hpp"

namespace patchbay::netlink {
namespace {

// Protocol 0: it receives nothing.
os::UniqueFd open_inside(const os::Netns& netns) {
  os::UniqueFd fd;
  os::inside(netns, [&] {
    fd.reset(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    if (!fd) throw system_error(Code::kernel_refused, "open a packet socket", errno);
  });
  return fd;
}

}  // namespace

void announce(const os::Netns& netns, int link, const net::Mac& mac, const std::vector<net::Ip>& addresses) {
  if (addresses.empty()) return;
  const auto fd = open_inside(netns);
  sockaddr_ll target{};
  target.sll_family = AF_PACKET;
  target.sll_ifindex = link;
  for (const net::Ip& address : addresses) {
    const auto frame = detail::announcement(mac, address);
    target.sll_protocol = htons(address.is_v4() ? ETHERTYPE_ARP : ETHERTYPE_IPV6);
    const auto sent = os::retry_interrupted([&] {
      return sendto(fd.get(), frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&target), sizeof target);
    });
    if (sent < 0) throw system_error(Code::kernel_refused, "announce " + address.to_string(), errno);
  }
}

}  // namespace patchbay::netlink
