// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "common/firewall/iptables/detail/header.hpp"
#include "common/firewall/iptables/entry.hpp"

namespace patchbay::firewall::iptables {
namespace {

using namespace detail;

// One match or target: its head and what follows it.
struct Extension {
  std::string_view name;
  std::uint8_t revision = 0;
  const unsigned char* data = nullptr;
  std::size_t size = 0;

  [[nodiscard]] bool is(std::string_view which, std::uint8_t of_revision) const {
    return name == which && revision == of_revision;
  }
  // nullopt when it is too short to be one.
  template <typename Info>
  [[nodiscard]] std::optional<Info> as() const {
    if (size < sizeof(Info)) return std::nullopt;
    Info info;
    std::memcpy(&info, data, sizeof info);
    return info;
  }
};

template <typename Head>
Extension extension(const unsigned char* start, std::size_t size) {
  Head head;
  std::memcpy(&head, start, sizeof head);
  const auto* name = reinterpret_cast<const char*>(start) + (head.u.user.name - reinterpret_cast<const char*>(&head));
  return {.name = {name, strnlen(name, sizeof head.u.user.name)},
          .revision = head.u.user.revision,
          .data = start + aligned(sizeof(Head)),
          .size = size - std::min(size, aligned(sizeof(Head)))};
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

std::optional<Match> known(const Extension& match) {
  if (match.is("comment", 0)) {
    const auto* text = reinterpret_cast<const char*>(match.data);
    return Comment{{text, strnlen(text, std::min<std::size_t>(match.size, XT_MAX_COMMENT_LEN))}};
  }
  if (match.is("tcp", 0)) return destination_port(match.as<xt_tcp>());
  if (match.is("udp", 0)) return destination_port(match.as<xt_udp>());
  if (match.is("sctp", 0)) return sctp_port(match.as<SctpInfo>());
  if (match.is("multiport", 1)) return ports(match.as<xt_multiport_v1>());
  if (match.is("addrtype", 1)) {
    const auto info = match.as<xt_addrtype_info_v1>();
    if (!info || info->source != 0 || info->dest != XT_ADDRTYPE_LOCAL || info->flags != 0) return std::nullopt;
    return LocalDestination{};
  }
  if (match.is("conntrack", 3)) {
    const auto info = match.as<xt_conntrack_mtinfo3>();
    const auto wanted = established();
    if (!info || std::memcmp(&*info, &wanted, sizeof wanted) != 0) return std::nullopt;
    return Established{};
  }
  if (match.is("mark", 1)) {
    const auto info = match.as<xt_mark_mtinfo1>();
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

bool all_zero(const Extension& target, std::size_t from) {
  return std::all_of(target.data + std::min(from, target.size), target.data + target.size,
                     [](unsigned char byte) { return byte == 0; });
}

std::optional<Target> known(const Extension& target, net::Family family) {
  const bool v4 = family == net::Family::v4;
  // Without --to-ports or --random; the IPv4 struct begins with the number of ranges, 1.
  if (target.is("MASQUERADE", 0) && all_zero(target, v4 ? sizeof(int) : 0)) return MasqueradeTarget{};
  if (target.is("DNAT", 2)) return dnat(family, target.as<nf_nat_range2>());
  if (target.is("DNAT", 1)) return dnat(family, target.as<nf_nat_range>());
  if (target.is("DNAT", 0) && v4) return dnat_of_old(target.as<nf_nat_ipv4_multi_range_compat>());
  if (target.is("MARK", 2)) {
    const auto info = target.as<xt_mark_tginfo2>();
    if (info) return SetMark{info->mark, info->mask};
  }
  return std::nullopt;
}

Target read_target(const Extension& target, net::Family family, std::string_view name, bool standard) {
  if (!standard) return known(target, family).value_or(Foreign{std::string{name}});
  if (name == "ACCEPT") return Accept{};
  if (name == "DROP") return Drop{};
  if (name == "RETURN") return Return{};
  const bool verdict = name.empty() || name == "QUEUE";
  if (verdict) return Foreign{std::string{name}};
  return Jump{std::string{name}};
}

// --- the header ------------------------------------------------------------------------------------------

// nullopt when the mask is no prefix.
std::optional<unsigned> prefix_of(const unsigned char* mask, std::size_t size) {
  unsigned prefix = 0;
  while (prefix < size * 8 && (mask[prefix / 8] >> (7 - prefix % 8) & 1) != 0) ++prefix;
  for (unsigned bit = prefix; bit < size * 8; ++bit) {
    if ((mask[bit / 8] >> (7 - bit % 8) & 1) != 0) return std::nullopt;
  }
  return prefix;
}

// False when it cannot be said as a subnet.
bool read_subnet(net::Family family, const void* address, const void* mask, bool negated,
                 std::optional<Subnet>& subnet) {
  const auto prefix = prefix_of(static_cast<const unsigned char*>(mask), net::bits(family) / 8);
  if (!prefix) return false;
  if (*prefix == 0 && !negated) return true;
  const auto ip = net::Ip::from_bytes(family, address);
  if (ip.family() != family) return false;  // IPv4-mapped, which is IPv4's for us
  subnet = Subnet{{ip, static_cast<std::uint8_t>(*prefix)}, negated};
  return true;
}

void read_interface(const char (&name)[IFNAMSIZ], const unsigned char (&mask)[IFNAMSIZ], bool negated,
                    std::optional<Interface>& interface) {
  const std::size_t length = strnlen(name, IFNAMSIZ);
  if (length == 0 && !negated) return;
  interface = Interface{{name, length}, negated};
  const bool wildcard = length < IFNAMSIZ && mask[length] == 0;
  if (wildcard && !interface->name.ends_with('+')) interface->name += '+';
}

template <typename Version>
bool read_header(const typename Version::Entry& entry, Rule& rule) {
  constexpr unsigned kKnown =
      Version::kInvertSource | Version::kInvertDestination | Version::kInvertIn | Version::kInvertOut;
  const auto& header = Version::header(entry);
  const unsigned inverted = header.invflags;
  const auto family = Version::kFamily;
  rule.attachment = entry.nfcache;
  rule.protocol = static_cast<std::uint8_t>(header.proto);
  read_interface(header.iniface, header.iniface_mask, (inverted & Version::kInvertIn) != 0, rule.in);
  read_interface(header.outiface, header.outiface_mask, (inverted & Version::kInvertOut) != 0, rule.out);
  return read_subnet(family, &header.src, &header.smsk, (inverted & Version::kInvertSource) != 0, rule.source) &&
         read_subnet(family, &header.dst, &header.dmsk, (inverted & Version::kInvertDestination) != 0,
                     rule.destination) &&
         (inverted & ~kKnown) == 0 && header.flags == (rule.protocol == 0 ? 0 : Version::kProtocolFlag);
}

template <typename Version>
Rule decode_as(const std::string& chain, const void* bytes, std::string_view target_name, bool standard) {
  using Entry = typename Version::Entry;
  const auto* start = static_cast<const unsigned char*>(bytes);
  Entry entry;
  std::memcpy(&entry, start, sizeof entry);
  Rule rule{.chain = chain};
  if (!read_header<Version>(entry, rule)) rule.matches.emplace_back(Foreign{"header"});
  for (std::size_t at = sizeof(Entry); at + sizeof(xt_entry_match) <= entry.target_offset;) {
    std::uint16_t size = 0;
    std::memcpy(&size, start + at, sizeof size);
    if (size < sizeof(xt_entry_match) || at + size > entry.target_offset) break;
    const Extension match = extension<xt_entry_match>(start + at, size);
    rule.matches.push_back(known(match).value_or(Foreign{std::string{match.name}}));
    at += size;
  }
  const Extension target = extension<xt_entry_target>(
      start + entry.target_offset, static_cast<std::size_t>(entry.next_offset) - entry.target_offset);
  rule.target = read_target(target, Version::kFamily, target_name, standard);
  return rule;
}

}  // namespace

Rule decode(net::Family family, const std::string& chain, const void* entry, std::string_view target, bool standard) {
  return family == net::Family::v4 ? decode_as<V4>(chain, entry, target, standard)
                                   : decode_as<V6>(chain, entry, target, standard);
}

}  // namespace patchbay::firewall::iptables
