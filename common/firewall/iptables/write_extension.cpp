// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "common/base/error.hpp"
#include "common/firewall/iptables/detail/header.hpp"
#include "common/firewall/iptables/extension.hpp"

namespace patchbay::firewall::iptables {
namespace {

using namespace detail;

template <typename Info>
Extension extension(std::string_view name, std::uint8_t revision, const Info& info) {
  Extension extension{.name = name, .revision = revision, .info = Bytes(aligned(sizeof info))};
  std::memcpy(extension.info.data(), &info, sizeof info);
  return extension;
}

Error no_extension(std::string_view what) {
  return {Code::internal, "no extension of iptables for " + std::string{what}};
}

class MatchWriter {
 public:
  explicit MatchWriter(std::uint8_t protocol) : protocol_(protocol) {}

  Extension operator()(const Comment& comment) const {
    xt_comment_info info{};
    if (comment.text.size() >= sizeof info.comment) throw Error{Code::internal, "a comment is too long for a rule"};
    std::memcpy(info.comment, comment.text.data(), comment.text.size());
    return extension("comment", 0, info);
  }
  Extension operator()(const LocalDestination&) const {
    return extension("addrtype", 1, xt_addrtype_info_v1{.source = 0, .dest = XT_ADDRTYPE_LOCAL, .flags = 0});
  }
  Extension operator()(const Ports& ports) const {
    xt_multiport_v1 info{};
    info.flags = XT_MULTIPORT_DESTINATION;
    info.count = static_cast<std::uint8_t>(std::min(ports.ports.size(), Ports::kMost));
    std::copy_n(ports.ports.begin(), info.count, info.ports);
    return extension("multiport", 1, info);
  }
  Extension operator()(const DestinationPort& to) const {
    switch (protocol_) {
      case IPPROTO_TCP:
        return extension("tcp", 0, xt_tcp{.spts = {0, 0xFFFF}, .dpts = {to.port, to.port}});
      case IPPROTO_UDP:
        return extension("udp", 0, xt_udp{.spts = {0, 0xFFFF}, .dpts = {to.port, to.port}});
      case IPPROTO_SCTP:
        return sctp(to.port);
      default:
        throw no_extension("a port without tcp, udp or sctp");
    }
  }
  Extension operator()(const Mark& mark) const {
    xt_mark_mtinfo1 info{};
    info.mark = mark.value;
    info.mask = mark.mask;
    info.invert = mark.negated ? 1 : 0;
    return extension("mark", 1, info);
  }
  Extension operator()(const Established&) const { return extension("conntrack", 3, connection_state(kEstablished)); }
  Extension operator()(const Translated&) const { return extension("conntrack", 3, connection_state(kTranslated)); }
  Extension operator()(const Foreign& foreign) const { throw no_extension("match " + foreign.name); }

 private:
  static Extension sctp(std::uint16_t port) {
    SctpInfo info{};
    info.dpts[0] = info.dpts[1] = port;
    for (auto& flag : info.flag_info) flag.chunktype = 0xFF;  // sctp_init() of iptables: -1
    info.flags = kSctpDestinationPorts;
    return extension("sctp", 0, info);
  }

  std::uint8_t protocol_;
};

class TargetWriter {
 public:
  explicit TargetWriter(net::Family family) : family_(family) {}

  Extension operator()(const MasqueradeTarget&) const {
    if (family_ == net::Family::v6) return extension("MASQUERADE", 0, nf_nat_range{});
    nf_nat_ipv4_multi_range_compat info{};
    info.rangesize = 1;
    return extension("MASQUERADE", 0, info);
  }
  Extension operator()(const Dnat& dnat) const {
    nf_nat_range2 info{};
    info.flags = NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED;
    std::memcpy(&info.min_addr, dnat.ip.data(), dnat.ip.size());
    info.max_addr = info.min_addr;
    info.min_proto.all = info.max_proto.all = htons(dnat.port);
    return extension("DNAT", 2, info);
  }
  Extension operator()(const SetMark& mark) const {
    return extension("MARK", 2, xt_mark_tginfo2{mark.value, mark.mask});
  }
  Extension operator()(const Foreign& foreign) const { throw no_extension("target " + foreign.name); }
  template <typename Verdict>
  Extension operator()(const Verdict& /*verdict*/) const {
    throw no_extension("a verdict");
  }

 private:
  net::Family family_;
};

}  // namespace

Extension extension_of(const Match& match, std::uint8_t protocol) { return std::visit(MatchWriter{protocol}, match); }

Extension extension_of(const Target& target, net::Family family) { return std::visit(TargetWriter{family}, target); }

}  // namespace patchbay::firewall::iptables
