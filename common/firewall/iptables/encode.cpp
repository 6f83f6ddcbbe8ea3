// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "common/base/error.hpp"
#include "common/firewall/iptables/detail/header.hpp"
#include "common/firewall/iptables/entry.hpp"

namespace patchbay::firewall::iptables {
namespace {

using namespace detail;

template <std::size_t Size>
void copy_name(char (&to)[Size], std::string_view from) {
  if (from.size() >= Size) throw Error{Code::internal, "\"" + std::string{from} + "\" is too long for a rule"};
  std::memcpy(to, from.data(), from.size());
}

// --- matches and targets: a head (size, name, revision), then the extension's own struct ---------------

template <typename Head, typename Info>
void append(Bytes& bytes, std::string_view name, std::uint8_t revision, const Info& info) {
  const std::size_t size = aligned(sizeof(Head)) + aligned(sizeof(Info));
  Head head{};
  head.u.user.revision = revision;
  copy_name(head.u.user.name, name);
  if constexpr (std::is_same_v<Head, xt_entry_match>) {
    head.u.match_size = static_cast<std::uint16_t>(size);
  } else {
    head.u.target_size = static_cast<std::uint16_t>(size);
  }
  const std::size_t start = bytes.size();
  bytes.resize(start + size);  // "Yes, Virginia, you have to zero the padding."
  std::memcpy(bytes.data() + start, &head, sizeof head);
  std::memcpy(bytes.data() + start + aligned(sizeof(Head)), &info, sizeof info);
}

class MatchWriter {
 public:
  MatchWriter(Bytes& bytes, std::uint8_t protocol) : bytes_(bytes), protocol_(protocol) {}

  void operator()(const Comment& comment) {
    xt_comment_info info{};
    copy_name(info.comment, comment.text);
    match("comment", 0, info);
  }
  void operator()(const LocalDestination&) {
    match("addrtype", 1, xt_addrtype_info_v1{.source = 0, .dest = XT_ADDRTYPE_LOCAL, .flags = 0});
  }
  void operator()(const Ports& ports) {
    xt_multiport_v1 info{};
    info.flags = XT_MULTIPORT_DESTINATION;
    info.count = static_cast<std::uint8_t>(std::min(ports.ports.size(), Ports::kMost));
    std::copy_n(ports.ports.begin(), info.count, info.ports);
    match("multiport", 1, info);
  }
  void operator()(const DestinationPort& to) {
    switch (protocol_) {
      case IPPROTO_TCP:
        return match("tcp", 0, xt_tcp{.spts = {0, 0xFFFF}, .dpts = {to.port, to.port}});
      case IPPROTO_UDP:
        return match("udp", 0, xt_udp{.spts = {0, 0xFFFF}, .dpts = {to.port, to.port}});
      case IPPROTO_SCTP:
        return sctp(to.port);
      default:
        throw Error{Code::internal, "a port without tcp, udp or sctp"};
    }
  }
  void operator()(const Mark& mark) {
    xt_mark_mtinfo1 info{};
    info.mark = mark.value;
    info.mask = mark.mask;
    info.invert = mark.negated ? 1 : 0;
    match("mark", 1, info);
  }
  void operator()(const Established&) { match("conntrack", 3, established()); }
  void operator()(const Foreign& foreign) { throw Error{Code::internal, "no word for match " + foreign.name}; }

 private:
  template <typename Info>
  void match(std::string_view name, std::uint8_t revision, const Info& info) {
    append<xt_entry_match>(bytes_, name, revision, info);
  }
  void sctp(std::uint16_t port) {
    SctpInfo info{};
    info.dpts[0] = info.dpts[1] = port;
    for (auto& flag : info.flag_info) flag.chunktype = 0xFF;  // sctp_init() of iptables: -1
    info.flags = kSctpDestinationPorts;
    match("sctp", 0, info);
  }

  Bytes& bytes_;
  std::uint8_t protocol_;
};

class TargetWriter {
 public:
  TargetWriter(Bytes& bytes, net::Family family) : bytes_(bytes), family_(family) {}

  // Verdicts and jumps are "standard targets"; libiptc turns the name into a number.
  void operator()(const Accept&) { target("ACCEPT", 0, int{}); }
  void operator()(const Drop&) { target("DROP", 0, int{}); }
  void operator()(const Return&) { target("RETURN", 0, int{}); }
  void operator()(const Jump& jump) { target(jump.chain, 0, int{}); }
  void operator()(const MasqueradeTarget&) {
    if (family_ == net::Family::v6) return target("MASQUERADE", 0, nf_nat_range{});
    nf_nat_ipv4_multi_range_compat info{};
    info.rangesize = 1;
    target("MASQUERADE", 0, info);
  }
  void operator()(const Dnat& dnat) {
    nf_nat_range2 info{};
    info.flags = NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED;
    std::memcpy(&info.min_addr, dnat.ip.data(), dnat.ip.size());
    info.max_addr = info.min_addr;
    info.min_proto.all = info.max_proto.all = htons(dnat.port);
    target("DNAT", 2, info);
  }
  void operator()(const SetMark& mark) { target("MARK", 2, xt_mark_tginfo2{mark.value, mark.mask}); }
  void operator()(const Foreign& foreign) { throw Error{Code::internal, "no word for target " + foreign.name}; }

 private:
  template <typename Info>
  void target(std::string_view name, std::uint8_t revision, const Info& info) {
    append<xt_entry_target>(bytes_, name, revision, info);
  }

  Bytes& bytes_;
  net::Family family_;
};

// --- the header ------------------------------------------------------------------------------------------

void write_subnet(const Subnet& subnet, void* address, void* mask) {
  const net::Ip ip = subnet.cidr.network().ip;
  const net::Ip host_bits = net::Ip::any(ip.family()).with_host_bits(subnet.cidr.prefix);
  std::array<unsigned char, 16> ones{};
  std::transform(host_bits.data(), host_bits.data() + ip.size(), ones.begin(),
                 [](unsigned char byte) { return static_cast<unsigned char>(~byte); });
  std::memcpy(address, ip.data(), ip.size());
  std::memcpy(mask, ones.data(), ip.size());
}

// xtables_parse_interface(): without wildcard the NUL is compared too; with one, the '+' is kept in
// the name and left out of the mask.
void write_interface(const Interface& interface, char (&name)[IFNAMSIZ], unsigned char (&mask)[IFNAMSIZ]) {
  copy_name(name, interface.name);
  const std::size_t length = interface.name.size();
  std::memset(mask, 0xFF, interface.name.ends_with('+') ? length - 1 : length + 1);
}

template <typename Version>
Bytes encode_as(const Rule& rule) {
  using Entry = typename Version::Entry;
  Entry entry{};
  auto& header = Version::header(entry);
  if (rule.source) write_subnet(*rule.source, &header.src, &header.smsk);
  if (rule.destination) write_subnet(*rule.destination, &header.dst, &header.dmsk);
  if (rule.in) write_interface(*rule.in, header.iniface, header.iniface_mask);
  if (rule.out) write_interface(*rule.out, header.outiface, header.outiface_mask);
  header.proto = rule.protocol;
  header.flags = rule.protocol == 0 ? std::uint8_t{0} : Version::kProtocolFlag;
  const auto inverted = [](const auto& field, unsigned bit) { return field && field->negated ? bit : 0U; };
  header.invflags = static_cast<std::uint8_t>(
      inverted(rule.source, Version::kInvertSource) | inverted(rule.destination, Version::kInvertDestination) |
      inverted(rule.in, Version::kInvertIn) | inverted(rule.out, Version::kInvertOut));
  entry.nfcache = rule.attachment;

  Bytes bytes(sizeof(Entry));
  for (const Match& match : rule.matches) std::visit(MatchWriter{bytes, rule.protocol}, match);
  entry.target_offset = static_cast<std::uint16_t>(bytes.size());
  std::visit(TargetWriter{bytes, Version::kFamily}, rule.target);
  entry.next_offset = static_cast<std::uint16_t>(bytes.size());
  std::memcpy(bytes.data(), &entry, sizeof entry);
  return bytes;
}

}  // namespace

Bytes encode(net::Family family, const Rule& rule) {
  return family == net::Family::v4 ? encode_as<V4>(rule) : encode_as<V6>(rule);
}

}  // namespace patchbay::firewall::iptables
