// SPDX-License-Identifier: Apache-2.0
// The expressions of nf_tables that rules are made of (<linux/netfilter/nf_tables.h>), written into a
// message one after the other. Values go through registers, which are counted in words of 32 bits from 0
// (NFT_REG32_00) here; the kernel shows every fourth of them by its old name (NFT_REG_1…).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "common/net/ip.hpp"
#include "common/wire/message.hpp"

namespace patchbay::firewall::nftables {

enum class Side : std::uint8_t { source, destination };
// Where the addresses are in RFC 791 and RFC 8200 headers.
std::uint32_t address_offset(Side side, net::Family family);

class Expressions {
 public:
  explicit Expressions(wire::Message& message) : message_(message) {}

  Expressions& expression(std::string_view name, const std::function<void()>& fill);
  Expressions& meta(std::uint32_t key, unsigned to);
  Expressions& payload(std::uint32_t base, std::uint32_t offset, std::uint32_t size, unsigned to);
  // Of register 0. The rule ends here for packets that do not fit.
  Expressions& compare(bool is_not, std::span<const std::uint8_t> value);
  Expressions& keep_bits(std::span<const std::uint8_t> mask);
  // An address of the network header; whole octets are compared as such, other prefixes, and the empty one,
  // under a mask.
  Expressions& address_in(Side side, const net::Cidr& subnet, bool not_in);
  Expressions& mark(std::uint32_t value, std::uint32_t mask, bool is_not);
  Expressions& verdict(std::int32_t code, std::string_view chain = {});
  void put_register(int attribute, unsigned word);

 private:
  wire::Message& message_;
};

template <typename Pod>
std::span<const std::uint8_t> bytes_of(const Pod& value) {
  return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};
}

}  // namespace patchbay::firewall::nftables
