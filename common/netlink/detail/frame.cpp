// SPDX-License-Identifier: Apache-2.0
#include "common/netlink/detail/frame.hpp"

#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>

#include <array>
#include <span>

namespace patchbay::netlink::detail {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t kOverride = 0x20;  // the O flag; neither router nor solicited
constexpr net::Mac kBroadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
constexpr net::Mac kAllNodes{{0x33, 0x33, 0, 0, 0, 1}};  // of ff02::1 (RFC 2464 section 7)
constexpr std::array<std::uint8_t, 16> kAllNodesIp{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

Bytes& operator<<(Bytes& bytes, std::span<const std::uint8_t> more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
  return bytes;
}
Bytes& operator<<(Bytes& bytes, const net::Mac& mac) { return bytes << std::span{mac.octets}; }
Bytes& operator<<(Bytes& bytes, const net::Ip& ip) { return bytes << std::span{ip.data(), ip.size()}; }
Bytes& operator<<(Bytes& bytes, std::uint8_t octet) { return bytes.push_back(octet), bytes; }
Bytes& operator<<(Bytes& bytes, std::uint16_t number) {
  return bytes << static_cast<std::uint8_t>(number >> 8U) << static_cast<std::uint8_t>(number & 0xffU);
}

Bytes ethernet(const net::Mac& to, const net::Mac& from, std::uint16_t protocol) {
  Bytes frame;
  return frame << to << from << protocol;
}

// Ones' complement of the ones' complement sum of 16-bit words (RFC 1071); an even number of octets.
std::uint16_t checksum(const Bytes& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += (std::uint32_t{bytes[i]} << 8U) + bytes[i + 1];
  while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum & 0xffffU);
}

Bytes arp(const net::Mac& mac, const net::Ip& address) {
  Bytes frame = ethernet(kBroadcast, mac, ETHERTYPE_ARP);
  frame << std::uint16_t{ARPHRD_ETHER} << std::uint16_t{ETHERTYPE_IP} << std::uint8_t{ETH_ALEN} << std::uint8_t{4};
  return frame << std::uint16_t{ARPOP_REQUEST} << mac << address << net::Mac{} << address;
}

Bytes advertisement(std::uint16_t checksum_field, const net::Mac& mac, const net::Ip& address) {
  Bytes message;
  message << std::uint8_t{ND_NEIGHBOR_ADVERT} << std::uint8_t{0} << checksum_field;
  message << kOverride << std::uint8_t{0} << std::uint16_t{0} << address;
  return message << std::uint8_t{ND_OPT_TARGET_LINKADDR} << std::uint8_t{1} << mac;
}

Bytes neighbour_advertisement(const net::Mac& mac, const net::Ip& address) {
  const net::Ip all_nodes = net::Ip::from_bytes(net::Family::v6, kAllNodesIp.data());
  const auto length = static_cast<std::uint16_t>(advertisement(0, mac, address).size());
  Bytes summed;  // behind the pseudo-header of RFC 8200 section 8.1
  summed << address << all_nodes << std::uint16_t{0} << length << std::uint16_t{0} << std::uint16_t{IPPROTO_ICMPV6};
  const std::uint16_t sum = checksum(summed << advertisement(0, mac, address));

  Bytes frame = ethernet(kAllNodes, mac, ETHERTYPE_IPV6);
  frame << std::uint8_t{0x60} << std::uint8_t{0} << std::uint16_t{0} << length;
  frame << std::uint8_t{IPPROTO_ICMPV6} << std::uint8_t{255} << address << all_nodes;
  return frame << advertisement(sum, mac, address);
}

}  // namespace

std::vector<std::uint8_t> announcement(const net::Mac& mac, const net::Ip& address) {
  return address.is_v4() ? arp(mac, address) : neighbour_advertisement(mac, address);
}

}  // namespace patchbay::netlink::detail
