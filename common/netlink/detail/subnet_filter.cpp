// SPDX-License-Identifier: Apache-2.0
#include "common/netlink/detail/subnet_filter.hpp"

#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include "common/netlink/detail/traffic.hpp"

namespace patchbay::netlink::traffic::detail {
namespace {

// Where the addresses lie in the header (RFC 791, RFC 8200).
int offset_of(net::Family family, FarEnds::Field field) {
  const bool source = field == FarEnds::Field::source;
  if (family == net::Family::v4) return source ? 12 : 16;
  return source ? 8 : 24;
}

std::uint32_t word(const std::uint8_t* bytes) {
  std::uint32_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// One key for each word of the prefix; where there is none, one of zeros, which matches everything.
std::vector<tc_u32_key> keys_for(const net::Cidr& subnet, FarEnds::Field field) {
  const std::vector<std::uint8_t> ones(16, 0xFF);
  const net::Ip mask = net::Ip::from_bytes(subnet.family(), ones.data()).masked(subnet.prefix);
  std::vector<tc_u32_key> keys;
  for (std::size_t at = 0; at < mask.size(); at += 4) {
    tc_u32_key key{};
    key.mask = word(mask.data() + at);
    if (key.mask == 0 && at > 0) break;
    key.val = word(subnet.ip.data() + at) & key.mask;
    key.off = offset_of(subnet.family(), field) + static_cast<int>(at);
    keys.push_back(key);
  }
  return keys;
}

std::optional<std::vector<tc_u32_key>> parse_keys(std::span<const std::uint8_t> bytes) {
  tc_u32_sel head;  // no initialiser: clang objects to that of an array without elements
  std::memset(&head, 0, sizeof head);
  if (bytes.size() < sizeof head) return std::nullopt;
  std::memcpy(&head, bytes.data(), sizeof head);
  std::vector<tc_u32_key> keys(head.nkeys);
  const std::size_t size = keys.size() * sizeof(tc_u32_key);
  if (bytes.size() < sizeof head + size) return std::nullopt;
  if (size != 0) std::memcpy(keys.data(), bytes.data() + sizeof head, size);
  return keys;
}

bool is_same(const tc_u32_key& one, const tc_u32_key& other) {
  return one.mask == other.mask && one.val == other.val && one.off == other.off && one.offmask == other.offmask;
}

}  // namespace

std::uint32_t subnet_filter_info(net::Family family) {
  return family == net::Family::v4 ? filter_info(16, ETH_P_IP) : filter_info(15, ETH_P_IPV6);
}

std::vector<std::uint8_t> subnet_selector(const net::Cidr& subnet, FarEnds::Field field) {
  const auto keys = keys_for(subnet, field);
  tc_u32_sel head;  // no initialiser: clang objects to that of an array without elements
  std::memset(&head, 0, sizeof head);
  head.flags = TC_U32_TERMINAL;
  head.nkeys = static_cast<unsigned char>(keys.size());
  std::vector<std::uint8_t> bytes(sizeof head + keys.size() * sizeof(tc_u32_key));
  std::memcpy(bytes.data(), &head, sizeof head);
  std::memcpy(bytes.data() + sizeof head, keys.data(), keys.size() * sizeof(tc_u32_key));
  return bytes;
}

std::optional<net::Cidr> parse_subnet_selector(std::span<const std::uint8_t> bytes, net::Family family,
                                               FarEnds::Field field) {
  const auto keys = parse_keys(bytes);
  if (!keys || keys->size() > net::bits(family) / 32) return std::nullopt;
  std::vector<std::uint8_t> address(16);
  unsigned prefix = 0;
  for (std::size_t i = 0; i < keys->size(); ++i) {
    std::memcpy(&address[4 * i], &(*keys)[i].val, 4);
    prefix += static_cast<unsigned>(__builtin_popcount((*keys)[i].mask));
  }
  const net::Cidr subnet{net::Ip::from_bytes(family, address.data()), static_cast<std::uint8_t>(prefix)};
  return std::ranges::equal(*keys, keys_for(subnet, field), is_same) ? std::optional{subnet} : std::nullopt;
}

}  // namespace patchbay::netlink::traffic::detail
