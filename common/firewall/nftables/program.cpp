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

Program& Program::lookup(const SetName& set, std::uint32_t flags) {
  return after(expression("lookup", [&] {
    message_.put_text(NFTA_LOOKUP_SET, set.text());
    put_register(NFTA_LOOKUP_SREG, 0);
    if (flags != 0) message_.put_be32(NFTA_LOOKUP_FLAGS, flags);
  }));
}

Program& Program::is(net::Family family) {
  const std::uint8_t protocol = family == net::Family::v4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
  return after(meta(NFT_META_NFPROTO, 0).compare(false, bytes_of(protocol)));
}

Program& Program::is(Protocol protocol) { return after(meta(NFT_META_L4PROTO, 0).compare(false, bytes_of(protocol))); }

Program& Program::address_in(Side side, const net::Cidr& subnet, bool not_in) {
  return after(Expressions::address_in(side, subnet, not_in));
}

Program& Program::interface(bool incoming, std::string_view name, bool is_not) {
  if (name == "*" || name == "+") return is_not ? mark(0, 0, true) : *this;  // never, always
  meta(incoming ? NFT_META_IIFNAME : NFT_META_OIFNAME, 0);
  std::array<char, IFNAMSIZ> padded{};
  if (name.ends_with('*') || name.ends_with('+')) {  // compares what stands before the wildcard
    name.remove_suffix(1);
    name.copy(padded.data(), padded.size());
    return after(compare(is_not, bytes_of(padded).first(std::min(name.size(), padded.size()))));
  }
  name.copy(padded.data(), padded.size() - 1);
  return after(compare(is_not, bytes_of(padded)));
}

Program& Program::mark(std::uint32_t value, std::uint32_t mask, bool is_not) {
  return after(Expressions::mark(value, mask, is_not));
}

Program& Program::addressed_to_this_host() {
  expression("fib", [&] {
    message_.put_be32(NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
    message_.put_be32(NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
    put_register(NFTA_FIB_DREG, 0);
  });
  const std::uint32_t local = RTN_LOCAL;
  return after(compare(false, bytes_of(local)));
}

Program& Program::was_forwarded() {
  expression("ct", [&] {
    message_.put_be32(NFTA_CT_KEY, NFT_CT_STATUS);
    put_register(NFTA_CT_DREG, 0);
  });
  const std::uint32_t forwarded = IPS_DST_NAT, none = 0;
  return after(keep_bits(bytes_of(forwarded)).compare(true, bytes_of(none)));
}

Program& Program::is_answer() {
  expression("ct", [&] {
    message_.put_be32(NFTA_CT_KEY, NFT_CT_STATE);
    put_register(NFTA_CT_DREG, 0);
  });
  const std::uint32_t answers = NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED), none = 0;
  return after(keep_bits(bytes_of(answers)).compare(true, bytes_of(none)));
}

Program& Program::in(const SetName& set) { return lookup(set, 0); }
Program& Program::not_in(const SetName& set) { return lookup(set, NFT_LOOKUP_F_INV); }

Program& Program::load_address(Side side, net::Family family, unsigned& to) {
  const std::uint32_t size = net::bits(family) / 8;
  payload(NFT_PAYLOAD_NETWORK_HEADER, address_offset(side, family), size, to);
  to += size / 4;
  return *this;
}

Program& Program::load_protocol(unsigned& to) { return after(meta(NFT_META_L4PROTO, to++)); }

Program& Program::load_port(unsigned& to) { return after(payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, to++)); }

Program& Program::load_original_port(unsigned& to) {
  return after(expression("ct", [&] {
    message_.put_be32(NFTA_CT_KEY, NFT_CT_PROTO_DST);
    put_register(NFTA_CT_DREG, to++);
    message_.put_u8(NFTA_CT_DIRECTION, IP_CT_DIR_ORIGINAL);
  }));
}

Program& Program::load_in_interface(unsigned& to) {
  meta(NFT_META_IIFNAME, to);
  to += IFNAMSIZ / 4;
  return *this;
}

Program& Program::load_out_interface(unsigned& to) {
  meta(NFT_META_OIFNAME, to);
  to += IFNAMSIZ / 4;
  return *this;
}

Program& Program::load_source_mac(unsigned& to) {
  payload(NFT_PAYLOAD_LL_HEADER, 6, 6, to);  // IEEE 802.3: destination, source
  to += 2;
  return *this;
}

Program& Program::jump(std::string_view chain) { return after(verdict(NFT_JUMP, chain)); }
Program& Program::leave() { return after(verdict(NFT_RETURN)); }
Program& Program::drop() { return after(verdict(NF_DROP)); }
Program& Program::accept() { return after(verdict(NF_ACCEPT)); }

Program& Program::masquerade() {
  return after(expression("masq", [] {}));
}

Program& Program::forward_to(const SetName& map) {
  expression("lookup", [&] {
    message_.put_text(NFTA_LOOKUP_SET, map.text());
    put_register(NFTA_LOOKUP_SREG, 0);
    put_register(NFTA_LOOKUP_DREG, 0);
  });
  return after(expression("nat", [&] {
    message_.put_be32(NFTA_NAT_TYPE, NFT_NAT_DNAT);
    message_.put_be32(NFTA_NAT_FAMILY, map.family == net::Family::v4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
    put_register(NFTA_NAT_REG_ADDR_MIN, 0);
    put_register(NFTA_NAT_REG_PROTO_MIN, net::bits(map.family) / 32);
  }));
}

}  // namespace patchbay::firewall::nftables
