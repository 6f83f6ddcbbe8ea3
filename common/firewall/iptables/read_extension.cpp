// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "common/firewall/iptables/detail/header.hpp"
#include "common/firewall/iptables/extension.hpp"

namespace patchbay::firewall::iptables {
namespace {

using namespace detail;

bool is(const ExtensionView& extension, std::string_view name, std::uint8_t revision) {
  return extension.name == name && extension.revision == revision;
}

// nullopt when it is too short to be one.
template <typename Info>
std::optional<Info> as(const ExtensionView& extension) {
  if (extension.info.size() < sizeof(Info)) return std::nullopt;
  Info info;
  std::memcpy(&info, extension.info.data(), sizeof info);
  return info;
}

// --- matches ---------------------------------------------------------------------------------------------

template <typename Info>
std::optional<Match> destination_port(const std::optional<Info>& info) {
  if (!info || info->spts[0] != 0 || info->spts[1] != 0xFFFF || info->dpts[0] != info->dpts[1] || info->invflags != 0)
    return std::nullopt;
  if constexpr (std::is_same_v<Info, xt_tcp>) {
    if (info->option != 0 || info->flg_mask != 0 || info->flg_cmp != 0) return std::nullopt;
  }
  return DestinationPort{info->dpts[0]};
}

// Octet by octet: iptables compares so, too.
template <typename Info>
bool holds(const ExtensionView& match, const Info& wanted) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(&wanted);
  return match.info.size() >= sizeof wanted && std::equal(bytes, bytes + sizeof wanted, match.info.begin());
}

std::optional<Match> sctp_port(const std::optional<SctpInfo>& info) {
  if (!info || info->dpts[0] != info->dpts[1] || info->flags != kSctpDestinationPorts || info->invflags != 0)
    return std::nullopt;
  return DestinationPort{info->dpts[0]};
}

std::optional<Match> ports(const std::optional<xt_multiport_v1>& info) {
  if (!info || info->flags != XT_MULTIPORT_DESTINATION || info->invert != 0 || info->count > Ports::kMost)
    return std::nullopt;
  if (std::any_of(info->pflags, info->pflags + info->count, [](auto is_range) { return is_range != 0; }))
    return std::nullopt;
  return Ports{{info->ports, info->ports + info->count}};
}

std::optional<Match> known(const ExtensionView& match) {
  if (is(match, "comment", 0)) {
    const auto text = match.info.first(std::min<std::size_t>(match.info.size(), XT_MAX_COMMENT_LEN));
    return Comment{{text.begin(), std::find(text.begin(), text.end(), '\0')}};
  }
  if (is(match, "tcp", 0)) return destination_port(as<xt_tcp>(match));
  if (is(match, "udp", 0)) return destination_port(as<xt_udp>(match));
  if (is(match, "sctp", 0)) return sctp_port(as<SctpInfo>(match));
  if (is(match, "multiport", 1)) return ports(as<xt_multiport_v1>(match));
  if (is(match, "addrtype", 1)) {
    const auto info = as<xt_addrtype_info_v1>(match);
    if (!info || info->source != 0 || info->dest != XT_ADDRTYPE_LOCAL || info->flags != 0) return std::nullopt;
    return LocalDestination{};
  }
  if (is(match, "conntrack", 3)) {
    if (holds(match, connection_state(kEstablished))) return Established{};
    if (holds(match, connection_state(kTranslated))) return Translated{};
    return std::nullopt;
  }
  if (is(match, "mark", 1)) {
    const auto info = as<xt_mark_mtinfo1>(match);
    if (!info) return std::nullopt;
    return Mark{info->mark, info->mask, info->invert != 0};
  }
  return std::nullopt;
}

// --- targets ---------------------------------------------------------------------------------------------

// Any revision's range: they all begin with nf_nat_range, but IPv4's revision 0.
template <typename Range>
std::optional<Target> dnat(net::Family family, const std::optional<Range>& range) {
  constexpr auto kFlags = NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED;
  if (!range || range->flags != kFlags || range->min_proto.all != range->max_proto.all) return std::nullopt;
  if (std::memcmp(&range->min_addr, &range->max_addr, net::bits(family) / 8) != 0) return std::nullopt;
  return Dnat{net::Ip::from_bytes(family, &range->min_addr), ntohs(range->min_proto.all)};
}

// iptables up to 1.6.1
std::optional<Target> dnat_of_old(const std::optional<nf_nat_ipv4_multi_range_compat>& info) {
  if (!info || info->rangesize != 1) return std::nullopt;
  const nf_nat_ipv4_range& old = info->range[0];
  nf_nat_range range{};
  range.flags = old.flags;
  range.min_addr.ip = old.min_ip;
  range.max_addr.ip = old.max_ip;
  range.min_proto = old.min;
  range.max_proto = old.max;
  return dnat(net::Family::v4, std::optional{range});
}

bool all_zero(const ExtensionView& target, std::size_t from) {
  const auto rest = target.info.subspan(std::min(from, target.info.size()));
  return std::all_of(rest.begin(), rest.end(), [](unsigned char byte) { return byte == 0; });
}

std::optional<Target> known(const ExtensionView& target, net::Family family) {
  const bool v4 = family == net::Family::v4;
  // Without --to-ports or --random; the IPv4 struct begins with the number of ranges, 1.
  if (is(target, "MASQUERADE", 0) && all_zero(target, v4 ? sizeof(int) : 0)) return MasqueradeTarget{};
  if (is(target, "DNAT", 2)) return dnat(family, as<nf_nat_range2>(target));
  if (is(target, "DNAT", 1)) return dnat(family, as<nf_nat_range>(target));
  if (is(target, "DNAT", 0) && v4) return dnat_of_old(as<nf_nat_ipv4_multi_range_compat>(target));
  if (is(target, "MARK", 2)) {
    const auto info = as<xt_mark_tginfo2>(target);
    if (info) return SetMark{info->mark, info->mask};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Match> match_of(const ExtensionView& extension) { return known(extension); }

std::optional<Target> target_of(const ExtensionView& extension, net::Family family) { return known(extension, family); }

}  // namespace patchbay::firewall::iptables
