// SPDX-License-Identifier: Apache-2.0
// Where IPv4 and IPv6 entries differ. For .cpp files that need the kernel's and libiptc's headers.
#pragma once

// In this order: what <net/if.h> has declared, <linux/if.h> then leaves alone.
// clang-format off
#include <net/if.h>
#include <libiptc/libiptc.h>
#include <libiptc/libip6tc.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_comment.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
// clang-format on

#include <cstring>

#include "common/net/ip.hpp"

namespace patchbay::firewall::iptables::detail {

struct V4 {
  static constexpr net::Family kFamily = net::Family::v4;
  using Entry = ipt_entry;
  static auto& header(auto& entry) { return entry.ip; }
  static constexpr std::uint8_t kInvertSource = IPT_INV_SRCIP, kInvertDestination = IPT_INV_DSTIP;
  static constexpr std::uint8_t kInvertIn = IPT_INV_VIA_IN, kInvertOut = IPT_INV_VIA_OUT;
  static constexpr std::uint8_t kProtocolFlag = 0;  // a protocol of 0 is "any"
};

struct V6 {
  static constexpr net::Family kFamily = net::Family::v6;
  using Entry = ip6t_entry;
  static auto& header(auto& entry) { return entry.ipv6; }
  static constexpr std::uint8_t kInvertSource = IP6T_INV_SRCIP, kInvertDestination = IP6T_INV_DSTIP;
  static constexpr std::uint8_t kInvertIn = IP6T_INV_VIA_IN, kInvertOut = IP6T_INV_VIA_OUT;
  static constexpr std::uint8_t kProtocolFlag = IP6T_F_PROTO;
};

// XT_ALIGN of <linux/netfilter/x_tables.h>, which needs GNU's typeof.
constexpr std::size_t aligned(std::size_t size) { return (size + alignof(_xt_align) - 1) & ~(alignof(_xt_align) - 1); }

// Of SCTP's match (<linux/netfilter/xt_sctp.h>, whose inline functions are C only).
struct SctpInfo {
  std::uint16_t dpts[2], spts[2];
  std::uint32_t chunkmap[64];
  std::uint32_t chunk_match_type;
  struct {
    std::uint8_t chunktype, flag, flag_mask;
  } flag_info[4];
  std::int32_t flag_count;
  std::uint32_t flags, invflags;
};
static_assert(sizeof(SctpInfo) == 292);
inline constexpr std::uint32_t kSctpDestinationPorts = 0x02;  // XT_SCTP_DEST_PORTS

// What libxt_conntrack makes of --ctstate RELATED,ESTABLISHED: every byte that is not about the state is 0.
// Of a connection in one of these XT_CONNTRACK_STATE_*.
inline xt_conntrack_mtinfo3 connection_state(std::uint16_t states) {
  xt_conntrack_mtinfo3 info;
  std::memset(&info, 0, sizeof info);  // the padding too
  info.match_flags = XT_CONNTRACK_STATE;
  info.state_mask = states;
  return info;
}
inline constexpr std::uint16_t kEstablished =
    XT_CONNTRACK_STATE_BIT(IP_CT_RELATED) | XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED);
inline constexpr std::uint16_t kTranslated = XT_CONNTRACK_STATE_DNAT;

}  // namespace patchbay::firewall::iptables::detail
