// SPDX-License-Identifier: Apache-2.0
#include <linux/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "common/firewall/iptables/compat/registers.hpp"
#include "common/firewall/iptables/compat/rule_message.hpp"
#include "common/firewall/iptables/compat/userdata.hpp"
#include "common/firewall/iptables/extension.hpp"
#include "common/firewall/nftables/expressions.hpp"
#include "common/firewall/nftables/userdata.hpp"

namespace patchbay::firewall::iptables {
namespace {

using nftables::Side;
std::optional<std::uint32_t> word_of(Value value) {
  if (value.size() != sizeof(std::uint32_t)) return std::nullopt;
  std::uint32_t word = 0;
  std::memcpy(&word, value.data(), sizeof word);
  return word;
}

// nullopt when the mask is no prefix.
std::optional<std::uint8_t> prefix_of(Value mask) {
  unsigned prefix = 0;
  const auto is_set = [&](std::size_t bit) { return (mask[bit / 8] >> (7 - bit % 8) & 1) != 0; };
  while (prefix < mask.size() * 8 && is_set(prefix)) ++prefix;
  for (std::size_t bit = prefix; bit < mask.size() * 8; ++bit) {
    if (is_set(bit)) return std::nullopt;
  }
  return static_cast<std::uint8_t>(prefix);
}

class Reader {
 public:
  explicit Reader(net::Family family) : family_(family) { rule.target = Foreign{}; }

  void read(const wire::Attributes& expression) {
    const std::string name = expression.text(NFTA_EXPR_NAME);
    const wire::Attributes data = expression.nested(NFTA_EXPR_DATA);
    if (name == "counter") return;
    if (name == "meta" && data.find(NFTA_META_DREG)) return load_meta(data);
    if (name == "payload" && data.find(NFTA_PAYLOAD_DREG)) return registers_.load_payload(data);
    if (name == "bitwise") return registers_.mask(data);
    if (name == "cmp") return compare(data);
    if (name == "match") return match(data);
    if (name == "target") return target(data);
    if (name == "immediate") return immediate(data);
    add(Foreign{name});
  }

  // An interface that is compared with nothing is any.
  Rule finish() && {
    if (any_in_ && !rule.in) rule.in = Interface{"+"};
    if (any_out_ && !rule.out) rule.out = Interface{"+"};
    return std::move(rule);
  }

  Rule rule;

 private:
  void add(Match match) { rule.matches.push_back(std::move(match)); }

  void load_meta(const wire::Attributes& data) {
    const auto key = registers_.load_meta(data);
    any_in_ = any_in_ || key == NFT_META_IIFNAME;
    any_out_ = any_out_ || key == NFT_META_OIFNAME;
  }

  void compare(const wire::Attributes& data) {
    const Loaded& loaded = registers_.at(data.be32(NFTA_CMP_SREG));
    const auto operation = data.be32(NFTA_CMP_OP).value_or(UINT32_MAX);
    const Value value = value_of(data.nested(NFTA_CMP_DATA));
    const bool known = operation == NFT_CMP_EQ || operation == NFT_CMP_NEQ;
    if (!known || value.empty() || !understood(loaded, value, operation == NFT_CMP_NEQ)) add(Foreign{"cmp"});
  }

  bool understood(const Loaded& loaded, Value value, bool negated) {
    if (loaded.from == Loaded::From::meta) return is_meta(loaded, value, negated);
    if (loaded.from != Loaded::From::payload) return false;
    if (loaded.base == NFT_PAYLOAD_NETWORK_HEADER) {
      if (loaded.offset == nftables::address_offset(Side::source, family_))
        return is_subnet(loaded, value, negated, rule.source);
      if (loaded.offset == nftables::address_offset(Side::destination, family_))
        return is_subnet(loaded, value, negated, rule.destination);
    }
    return !negated && !loaded.mask && loaded.base == NFT_PAYLOAD_TRANSPORT_HEADER && is_port(loaded, value);
  }

  bool is_meta(const Loaded& loaded, Value value, bool negated) {
    switch (loaded.key) {
      case NFT_META_IIFNAME:
        any_in_ = false;
        return !loaded.mask && is_interface(value, negated, rule.in);
      case NFT_META_OIFNAME:
        any_out_ = false;
        return !loaded.mask && is_interface(value, negated, rule.out);
      case NFT_META_L4PROTO:
        if (negated || loaded.mask || value.size() != 1 || rule.protocol != 0) return false;
        rule.protocol = value.front();
        return rule.protocol != 0;
      case NFT_META_MARK: {
        const auto mark = word_of(value);
        const auto mask = loaded.mask ? word_of(*loaded.mask) : std::optional{UINT32_MAX};
        if (mark && mask) add(Mark{*mark, *mask, negated});
        return mark && mask;
      }
      default:
        return false;
    }
  }

  static bool is_interface(Value value, bool negated, std::optional<Interface>& to) {
    if (to) return false;
    const auto end = std::find(value.begin(), value.end(), std::uint8_t{0});
    std::string name{value.begin(), end};
    const bool odd = std::any_of(end, value.end(), [](std::uint8_t byte) { return byte != 0; });
    if (odd || (end != value.end() && name.ends_with('+'))) return false;  // a real '+'
    if (name == "INVAL/D" && end != value.end() && !negated) {
      to = Interface{"+", true};
      return true;
    }
    if (end == value.end()) name += '+';
    to = Interface{std::move(name), negated};
    return true;
  }

  bool is_subnet(const Loaded& loaded, Value value, bool negated, std::optional<Subnet>& to) const {
    const std::size_t size = net::bits(family_) / 8;
    if (to || loaded.length > size || value.size() != loaded.length) return false;
    if (loaded.mask && (loaded.length != size || loaded.mask->size() != size)) return false;
    const auto prefix = loaded.mask ? prefix_of(*loaded.mask) : static_cast<std::uint8_t>(value.size() * 8);
    if (!prefix) return false;
    std::array<std::uint8_t, 16> address{};
    std::copy(value.begin(), value.end(), address.begin());
    const auto ip = net::Ip::from_bytes(family_, address.data());
    if (ip.family() != family_) return false;  // IPv4-mapped, which is IPv4's for us
    const net::Cidr subnet{ip, *prefix};
    if (subnet.network() != subnet) return false;  // nothing is in it
    to = Subnet{subnet, negated};
    return true;
  }

  bool is_port(const Loaded& loaded, Value value) {
    if (loaded.offset != 2 || loaded.length != 2 || value.size() != 2) return false;
    if (rule.protocol != IPPROTO_TCP && rule.protocol != IPPROTO_UDP) return false;
    add(DestinationPort{static_cast<std::uint16_t>(value[0] << 8U | value[1])});
    return true;
  }

  // Both kinds are told by the same attributes.
  static ExtensionView extension(const wire::Attributes& data, const std::string& name) {
    static_assert(NFTA_MATCH_REV == int{NFTA_TARGET_REV} && NFTA_MATCH_INFO == int{NFTA_TARGET_INFO});
    const auto info = data.find(NFTA_MATCH_INFO);
    return {.name = name,
            .revision = static_cast<std::uint8_t>(data.be32(NFTA_MATCH_REV).value_or(0)),
            .info = info ? info->payload : Value{}};
  }

  void match(const wire::Attributes& data) {
    const std::string name = data.text(NFTA_MATCH_NAME);
    add(match_of(extension(data, name)).value_or(Foreign{name}));
  }

  void target(const wire::Attributes& data) {
    const std::string name = data.text(NFTA_TARGET_NAME);
    rule.target = target_of(extension(data, name), family_).value_or(Foreign{name});
  }

  void immediate(const wire::Attributes& data) {
    const auto to = data.be32(NFTA_IMMEDIATE_DREG);
    if (to != NFT_REG_VERDICT) {
      registers_.at(to) = {};
      return;
    }
    const wire::Attributes verdict = data.nested(NFTA_IMMEDIATE_DATA).nested(NFTA_DATA_VERDICT);
    switch (static_cast<std::int32_t>(verdict.be32(NFTA_VERDICT_CODE).value_or(0xFFFF))) {
      case NF_ACCEPT:
        rule.target = Accept{};
        break;
      case NF_DROP:
        rule.target = Drop{};
        break;
      case NFT_JUMP:
        rule.target = Jump{verdict.text(NFTA_VERDICT_CHAIN)};
        break;
      case NFT_RETURN:
        rule.target = Return{};
        break;
      default:
        rule.target = Foreign{"immediate"};
    }
  }

  net::Family family_;
  Registers registers_;
  bool any_in_ = false, any_out_ = false;
};

}  // namespace

PresentRule read_rule(net::Family family, const wire::Attributes& message) {
  Reader reader{family};
  reader.rule.chain = message.text(NFTA_RULE_CHAIN);
  message.nested(NFTA_RULE_EXPRESSIONS).for_each([&](const wire::Attribute& entry) {
    if (entry.type == NFTA_LIST_ELEM) reader.read(wire::Attributes{entry.payload});
  });
  PresentRule present{.handle = message.be64(NFTA_RULE_HANDLE).value_or(0), .rule = std::move(reader).finish()};
  const auto userdata = message.find(NFTA_RULE_USERDATA);
  if (!userdata) return present;
  present.rule.attachment = attachment_of(userdata->payload);
  // As nft writes comments, and versions of iptables to come may.
  if (std::string text = nftables::comment_of(userdata->payload); !text.empty())
    present.rule.matches.emplace_back(Comment{std::move(text)});
  return present;
}

}  // namespace patchbay::firewall::iptables
