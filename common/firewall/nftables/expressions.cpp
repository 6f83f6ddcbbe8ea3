// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/nftables/expressions.hpp"

#include <linux/netfilter/nf_tables.h>

#include <vector>

namespace patchbay::firewall::nftables {

std::uint32_t address_offset(Side side, net::Family family) {
  if (family == net::Family::v4) return side == Side::source ? 12 : 16;
  return side == Side::source ? 8 : 24;
}

Expressions& Expressions::expression(std::string_view name, const std::function<void()>& fill) {
  message_.nest(NFTA_LIST_ELEM, [&] {
    message_.put_text(NFTA_EXPR_NAME, name);
    message_.nest(NFTA_EXPR_DATA, fill);
  });
  return *this;
}

void Expressions::put_register(int attribute, unsigned word) { message_.put_be32(attribute, NFT_REG32_00 + word); }

Expressions& Expressions::meta(std::uint32_t key, unsigned to) {
  return expression("meta", [&] {
    message_.put_be32(NFTA_META_KEY, key);
    put_register(NFTA_META_DREG, to);
  });
}

Expressions& Expressions::payload(std::uint32_t base, std::uint32_t offset, std::uint32_t size, unsigned to) {
  return expression("payload", [&] {
    put_register(NFTA_PAYLOAD_DREG, to);
    message_.put_be32(NFTA_PAYLOAD_BASE, base);
    message_.put_be32(NFTA_PAYLOAD_OFFSET, offset);
    message_.put_be32(NFTA_PAYLOAD_LEN, size);
  });
}

Expressions& Expressions::compare(bool is_not, std::span<const std::uint8_t> value) {
  return expression("cmp", [&] {
    put_register(NFTA_CMP_SREG, 0);
    message_.put_be32(NFTA_CMP_OP, is_not ? NFT_CMP_NEQ : NFT_CMP_EQ);
    message_.nest(NFTA_CMP_DATA, [&] { message_.put(NFTA_DATA_VALUE, value); });
  });
}

Expressions& Expressions::keep_bits(std::span<const std::uint8_t> mask) {
  return expression("bitwise", [&] {
    put_register(NFTA_BITWISE_SREG, 0);
    put_register(NFTA_BITWISE_DREG, 0);
    message_.put_be32(NFTA_BITWISE_LEN, static_cast<std::uint32_t>(mask.size()));
    message_.nest(NFTA_BITWISE_MASK, [&] { message_.put(NFTA_DATA_VALUE, mask); });
    message_.nest(NFTA_BITWISE_XOR, [&] { message_.put(NFTA_DATA_VALUE, std::vector<std::uint8_t>(mask.size())); });
  });
}

Expressions& Expressions::address_in(Side side, const net::Cidr& subnet, bool not_in) {
  const std::uint32_t offset = address_offset(side, subnet.family());
  const net::Ip network = subnet.network().ip;
  const std::size_t octets = subnet.prefix / 8;
  if (octets > 0 && subnet.prefix % 8 == 0) {
    return payload(NFT_PAYLOAD_NETWORK_HEADER, offset, static_cast<std::uint32_t>(octets), 0)
        .compare(not_in, {network.data(), octets});
  }
  std::vector<std::uint8_t> mask(network.size());
  for (std::size_t bit = 0; bit < subnet.prefix; ++bit) mask[bit / 8] |= static_cast<std::uint8_t>(0x80U >> bit % 8);
  return payload(NFT_PAYLOAD_NETWORK_HEADER, offset, static_cast<std::uint32_t>(network.size()), 0)
      .keep_bits(mask)
      .compare(not_in, {network.data(), network.size()});
}

Expressions& Expressions::mark(std::uint32_t value, std::uint32_t mask, bool is_not) {
  meta(NFT_META_MARK, 0);
  if (mask != 0xFFFFFFFF) keep_bits(bytes_of(mask));
  return compare(is_not, bytes_of(value));
}

Expressions& Expressions::verdict(std::int32_t code, std::string_view chain) {
  return expression("immediate", [&] {
    message_.put_be32(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
    message_.nest(NFTA_IMMEDIATE_DATA, [&] {
      message_.nest(NFTA_DATA_VERDICT, [&] {
        message_.put_be32(NFTA_VERDICT_CODE, static_cast<std::uint32_t>(code));
        if (!chain.empty()) message_.put_text(NFTA_VERDICT_CHAIN, chain);
      });
    });
  });
}

}  // namespace patchbay::firewall::nftables
