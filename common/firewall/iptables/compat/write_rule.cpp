// SPDX-License-Identifier: Apache-2.0
// In the order of iptables: interfaces, protocol, addresses, matches, counter, target.
#include <linux/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <net/if.h>

#include <array>

#include "common/base/error.hpp"
#include "common/firewall/iptables/compat/rule_message.hpp"
#include "common/firewall/iptables/compat/userdata.hpp"
#include "common/firewall/iptables/extension.hpp"
#include "common/firewall/nftables/expressions.hpp"

namespace patchbay::firewall::iptables {
namespace {

using nftables::bytes_of;
using nftables::Expressions;
using nftables::Side;

class Writer {
 public:
  Writer(wire::Message& message, net::Family family, const Rule& rule)
      : message_(message), write_(message), family_(family), rule_(rule) {}

  void write() {
    if (rule_.in) interface(NFT_META_IIFNAME, *rule_.in);
    if (rule_.out) interface(NFT_META_OIFNAME, *rule_.out);
    if (rule_.protocol != 0) write_.meta(NFT_META_L4PROTO, 0).compare(false, bytes_of(rule_.protocol));
    if (rule_.source) write_.address_in(Side::source, rule_.source->cidr, rule_.source->negated);
    if (rule_.destination) write_.address_in(Side::destination, rule_.destination->cidr, rule_.destination->negated);
    for (const Match& match : rule_.matches) add(match);
    counter();
    add(rule_.target);
  }

 private:
  // Compared with its NUL, or up to the wildcard. "+" alone is compared with nothing and, negated, with what
  // is no interface.
  void interface(std::uint32_t key, const Interface& interface) {
    write_.meta(key, 0);
    std::string name = interface.name;
    if (name.size() >= IFNAMSIZ) throw Error{Code::internal, "\"" + name + "\" is too long for a rule"};
    if (name == "+" && !interface.negated) return;
    bool negated = interface.negated;
    if (name == "+") {
      name = "INVAL/D";
      negated = false;
    }
    const bool wildcard = name.ends_with('+');
    write_.compare(negated,
                   {reinterpret_cast<const std::uint8_t*>(name.c_str()), wildcard ? name.size() - 1 : name.size() + 1});
  }

  // tcp, udp and mark have become native; everything else has not (1.8.9).
  void add(const Match& match) {
    if (const auto* mark = std::get_if<Mark>(&match)) {
      write_.mark(mark->value, mark->mask, mark->negated);
      return;
    }
    const bool native_ports = rule_.protocol == IPPROTO_TCP || rule_.protocol == IPPROTO_UDP;
    if (const auto* to = std::get_if<DestinationPort>(&match); to != nullptr && native_ports) {
      const std::array<std::uint8_t, 2> port{static_cast<std::uint8_t>(to->port >> 8U),
                                             static_cast<std::uint8_t>(to->port & 0xFFU)};
      write_.payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, 0).compare(false, port);
      return;
    }
    const Extension extension = extension_of(match, rule_.protocol);
    write_.expression("match", [&] {
      message_.put_text(NFTA_MATCH_NAME, extension.name).put_be32(NFTA_MATCH_REV, extension.revision);
      message_.put(NFTA_MATCH_INFO, extension.info);
    });
  }

  void counter() {
    write_.expression("counter", [&] { message_.put_be64(NFTA_COUNTER_BYTES, 0).put_be64(NFTA_COUNTER_PACKETS, 0); });
  }

  void add(const Target& target) {
    if (std::holds_alternative<Accept>(target)) return static_cast<void>(write_.verdict(NF_ACCEPT));
    if (std::holds_alternative<Drop>(target)) return static_cast<void>(write_.verdict(NF_DROP));
    if (std::holds_alternative<Return>(target)) return static_cast<void>(write_.verdict(NFT_RETURN));
    if (const auto* jump = std::get_if<Jump>(&target)) return static_cast<void>(write_.verdict(NFT_JUMP, jump->chain));
    const Extension extension = extension_of(target, family_);
    write_.expression("target", [&] {
      message_.put_text(NFTA_TARGET_NAME, extension.name).put_be32(NFTA_TARGET_REV, extension.revision);
      message_.put(NFTA_TARGET_INFO, extension.info);
    });
  }

  wire::Message& message_;
  Expressions write_;
  net::Family family_;
  const Rule& rule_;
};

}  // namespace

void put_rule(wire::Message& to, net::Family family, const Rule& rule) {
  to.nest(NFTA_RULE_EXPRESSIONS, [&] { Writer{to, family, rule}.write(); });
  // For the kernel's checks of matches and targets that want a certain protocol; it is not stored.
  to.nest(NFTA_RULE_COMPAT,
          [&] { to.put_be32(NFTA_RULE_COMPAT_PROTO, rule.protocol).put_be32(NFTA_RULE_COMPAT_FLAGS, 0); });
  if (rule.attachment != 0) to.put(NFTA_RULE_USERDATA, attachment_userdata(rule.attachment));
}

}  // namespace patchbay::firewall::iptables
