// SPDX-License-Identifier: Apache-2.0
// Attribute numbers and meanings: <linux/netfilter/nf_tables.h>.
#include "common/firewall/nftables/program.hpp"

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <array>
#include <cstring>

#include "common/firewall/nftables/element.hpp"

namespace patchbay::firewall::nftables {
namespace {

// Where the addresses are in RFC 791 and RFC 8200 headers.
std::uint32_t address_offset(Side side, net::Family family) {
  if (family == net::Family::v4) return side == Side::source ? 12 : 16;
  return side == Side::source ? 8 : 24;
}

template <typename Pod>
std::span<const std::uint8_t> bytes_of(const Pod& value) {
  return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};
}

}  // namespace

Program& Program::expression(std::string_view name, const std::function<void()>& fill) {
  message_.nest(NFTA_LIST_ELEM, [&] {
    message_.put_text(NFTA_EXPR_NAME, name);
    message_.nest(NFTA_EXPR_DATA, fill);
  });
  return *this;
}

void Program::put_register(int attribute, unsigned word) { message_.put_be32(attribute, NFT_REG32_00 + word); }

Program& Program::meta(std::uint32_t key, unsigned to) {
  return expression("meta", [&] {
    message_.put_be32(NFTA_META_KEY, key);
    put_register(NFTA_META_DREG, to);
  });
}

Program& Program::payload(std::uint32_t base, std::uint32_t offset, std::uint32_t size, unsigned to) {
  return expression("payload", [&] {
    put_register(NFTA_PAYLOAD_DREG, to);
    message_.put_be32(NFTA_PAYLOAD_BASE, base);
    message_.put_be32(NFTA_PAYLOAD_OFFSET, offset);
    message_.put_be32(NFTA_PAYLOAD_LEN, size);
  });
}

Program& Program::compare(bool is_not, std::span<const std::uint8_t> value) {
  return expression("cmp", [&] {
    put_register(NFTA_CMP_SREG, 0);
    message_.put_be32(NFTA_CMP_OP, is_not ? NFT_CMP_NEQ : NFT_CMP_EQ);
    message_.nest(NFTA_CMP_DATA, [&] { message_.put(NFTA_DATA_VALUE, value); });
  });
}

Program& Program::keep_bits(std::span<const std::uint8_t> mask) {
  return expression("bitwise", [&] {
    put_register(NFTA_BITWISE_SREG, 0);
    put_register(NFTA_BITWISE_DREG, 0);
    message_.put_be32(NFTA_BITWISE_LEN, static_cast<std::uint32_t>(mask.size()));
    message_.nest(NFTA_BITWISE_MASK, [&] { message_.put(NFTA_DATA_VALUE, mask); });
    message_.nest(NFTA_BITWISE_XOR, [&] { message_.put(NFTA_DATA_VALUE, Bytes(mask.size())); });
  });
}

Program& Program::lookup(const SetName& set, std::uint32_t flags) {
  return expression("lookup", [&] {
    message_.put_text(NFTA_LOOKUP_SET, set.text());
    put_register(NFTA_LOOKUP_SREG, 0);
    if (flags != 0) message_.put_be32(NFTA_LOOKUP_FLAGS, flags);
  });
}

Program& Program::verdict(std::int32_t code, std::string_view chain) {
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

Program& Program::is(net::Family family) {
  const std::uint8_t protocol = family == net::Family::v4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
  return meta(NFT_META_NFPROTO, 0).compare(false, bytes_of(protocol));
}

Program& Program::is(Protocol protocol) { return meta(NFT_META_L4PROTO, 0).compare(false, bytes_of(protocol)); }

// Whole octets are compared as such; other prefixes, and the empty one, under a mask.
Program& Program::address_in(Side side, const net::Cidr& subnet, bool not_in) {
  const std::uint32_t offset = address_offset(side, subnet.family());
  const net::Ip network = subnet.network().ip;
  const std::size_t octets = subnet.prefix / 8;
  if (octets > 0 && subnet.prefix % 8 == 0) {
    return payload(NFT_PAYLOAD_NETWORK_HEADER, offset, static_cast<std::uint32_t>(octets), 0)
        .compare(not_in, {network.data(), octets});
  }
  Bytes mask(network.size());
  for (std::size_t bit = 0; bit < subnet.prefix; ++bit) mask[bit / 8] |= static_cast<std::uint8_t>(0x80U >> bit % 8);
  return payload(NFT_PAYLOAD_NETWORK_HEADER, offset, static_cast<std::uint32_t>(network.size()), 0)
      .keep_bits(mask)
      .compare(not_in, {network.data(), network.size()});
}

Program& Program::interface(bool incoming, std::string_view name, bool is_not) {
  if (name == "*" || name == "+") return is_not ? mark(0, 0, true) : *this;  // never, always
  meta(incoming ? NFT_META_IIFNAME : NFT_META_OIFNAME, 0);
  std::array<char, IFNAMSIZ> padded{};
  if (name.ends_with('*') || name.ends_with('+')) {  // compares what stands before the wildcard
    name.remove_suffix(1);
    name.copy(padded.data(), padded.size());
    return compare(is_not, bytes_of(padded).first(std::min(name.size(), padded.size())));
  }
  name.copy(padded.data(), padded.size() - 1);
  return compare(is_not, bytes_of(padded));
}

Program& Program::mark(std::uint32_t value, std::uint32_t mask, bool is_not) {
  meta(NFT_META_MARK, 0);
  if (mask != 0xFFFFFFFF) keep_bits(bytes_of(mask));
  return compare(is_not, bytes_of(value));
}

Program& Program::addressed_to_this_host() {
  expression("fib", [&] {
    message_.put_be32(NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
    message_.put_be32(NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
    put_register(NFTA_FIB_DREG, 0);
  });
  const std::uint32_t local = RTN_LOCAL;
  return compare(false, bytes_of(local));
}

Program& Program::was_forwarded() {
  expression("ct", [&] {
    message_.put_be32(NFTA_CT_KEY, NFT_CT_STATUS);
    put_register(NFTA_CT_DREG, 0);
  });
  const std::uint32_t forwarded = IPS_DST_NAT, none = 0;
  return keep_bits(bytes_of(forwarded)).compare(true, bytes_of(none));
}

Program& Program::in(const SetName& set) { return lookup(set, 0); }
Program& Program::not_in(const SetName& set) { return lookup(set, NFT_LOOKUP_F_INV); }

Program& Program::load_address(Side side, net::Family family, unsigned& to) {
  const std::uint32_t size = net::bits(family) / 8;
  payload(NFT_PAYLOAD_NETWORK_HEADER, address_offset(side, family), size, to);
  to += size / 4;
  return *this;
}

Program& Program::load_protocol(unsigned& to) { return meta(NFT_META_L4PROTO, to++); }

Program& Program::load_port(unsigned& to) { return payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, to++); }

Program& Program::load_original_port(unsigned& to) {
  return expression("ct", [&] {
    message_.put_be32(NFTA_CT_KEY, NFT_CT_PROTO_DST);
    put_register(NFTA_CT_DREG, to++);
    message_.put_u8(NFTA_CT_DIRECTION, IP_CT_DIR_ORIGINAL);
  });
}

Program& Program::load_in_interface(unsigned& to) {
  meta(NFT_META_IIFNAME, to);
  to += IFNAMSIZ / 4;
  return *this;
}

Program& Program::load_source_mac(unsigned& to) {
  payload(NFT_PAYLOAD_LL_HEADER, 6, 6, to);  // IEEE 802.3: destination, source
  to += 2;
  return *this;
}

Program& Program::jump(std::string_view chain) { return verdict(NFT_JUMP, chain); }
Program& Program::leave() { return verdict(NFT_RETURN); }
Program& Program::drop() { return verdict(NF_DROP); }

Program& Program::masquerade() {
  return expression("masq", [] {});
}

Program& Program::forward_to(const SetName& map) {
  expression("lookup", [&] {
    message_.put_text(NFTA_LOOKUP_SET, map.text());
    put_register(NFTA_LOOKUP_SREG, 0);
    put_register(NFTA_LOOKUP_DREG, 0);
  });
  return expression("nat", [&] {
    message_.put_be32(NFTA_NAT_TYPE, NFT_NAT_DNAT);
    message_.put_be32(NFTA_NAT_FAMILY, map.family == net::Family::v4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
    put_register(NFTA_NAT_REG_ADDR_MIN, 0);
    put_register(NFTA_NAT_REG_PROTO_MIN, net::bits(map.family) / 32);
  });
}

}  // namespace patchbay::firewall::nftables
