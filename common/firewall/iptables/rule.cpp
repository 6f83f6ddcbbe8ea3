// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/rule.hpp"

#include <netinet/in.h>

#include <array>
#include <string_view>
#include <tuple>

namespace patchbay::firewall::iptables {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;  // clang before 17 needs to be told

std::string protocol_name(std::uint8_t protocol) {
  switch (protocol) {
    case IPPROTO_TCP:
      return "tcp";
    case IPPROTO_UDP:
      return "udp";
    case IPPROTO_SCTP:
      return "sctp";
    default:
      return std::to_string(protocol);
  }
}

std::string hex(std::uint32_t value) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  do {
    text.insert(text.begin(), kDigits[value & 0xFU]);
    value >>= 4U;
  } while (value != 0);
  return "0x" + text;
}

// xtables_save_string(): quoted unless it is plain, with ", \ and ' escaped.
std::string quoted(std::string_view text) {
  static constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) return std::string{text};
  std::string result = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\' || letter == '\'') result += '\\';
    result += letter;
  }
  return result + "\"";
}

std::string option(bool negated, std::string_view name, const std::string& value) {
  return (negated ? " ! " : " ") + std::string{name} + " " + value;
}

std::string to_text(const Ports& ports) {
  std::string text;
  for (const std::uint16_t port : ports.ports) text += (text.empty() ? "" : ",") + std::to_string(port);
  return text;
}

std::string to_text(const Match& match, std::uint8_t protocol) {
  return std::visit(Overloaded{
                        [](const Comment& comment) { return " -m comment --comment " + quoted(comment.text); },
                        [](const LocalDestination&) { return std::string{" -m addrtype --dst-type LOCAL"}; },
                        [](const Ports& ports) { return " -m multiport --dports " + to_text(ports); },
                        [&](const DestinationPort& to) {
                          return " -m " + protocol_name(protocol) + " --dport " + std::to_string(to.port);
                        },
                        [](const Mark& mark) {
                          const std::string mask = mark.mask == 0xFFFFFFFF ? "" : "/" + hex(mark.mask);
                          return " -m mark" + option(mark.negated, "--mark", hex(mark.value) + mask);
                        },
                        [](const Established&) { return std::string{" -m conntrack --ctstate RELATED,ESTABLISHED"}; },
                        [](const Translated&) { return std::string{" -m conntrack --ctstate DNAT"}; },
                        [](const Foreign& foreign) { return " -m " + foreign.name + " (...)"; },
                    },
                    match);
}

std::string to_text(const Target& target) {
  return std::visit(
      Overloaded{
          [](const Accept&) { return std::string{" -j ACCEPT"}; },
          [](const Drop&) { return std::string{" -j DROP"}; },
          [](const Return&) { return std::string{" -j RETURN"}; },
          [](const Jump& jump) { return " -j " + jump.chain; },
          [](const MasqueradeTarget&) { return std::string{" -j MASQUERADE"}; },
          [](const Dnat& dnat) {
            const std::string ip = dnat.ip.is_v4() ? dnat.ip.to_string() : "[" + dnat.ip.to_string() + "]";
            return " -j DNAT --to-destination " + ip + ":" + std::to_string(dnat.port);
          },
          [](const SetMark& mark) { return " -j MARK --set-xmark " + hex(mark.value) + "/" + hex(mark.mask); },
          [](const Foreign& foreign) { return foreign.name.empty() ? std::string{} : " -j " + foreign.name; },
      },
      target);
}

}  // namespace

bool Rule::operator==(const Rule& other) const {
  const auto said = [](const Rule& rule) {
    return std::tie(rule.chain, rule.source, rule.destination, rule.in, rule.out, rule.protocol, rule.matches,
                    rule.target);
  };
  return said(*this) == said(other);
}

const std::string* Rule::jump() const {
  const auto* found = std::get_if<Jump>(&target);
  return found == nullptr ? nullptr : &found->chain;
}

std::string to_text(const Rule& rule) {
  std::string text = "-A " + rule.chain;
  if (rule.source) text += option(rule.source->negated, "-s", rule.source->cidr.to_string());
  if (rule.destination) text += option(rule.destination->negated, "-d", rule.destination->cidr.to_string());
  if (rule.in) text += option(rule.in->negated, "-i", rule.in->name);
  if (rule.out) text += option(rule.out->negated, "-o", rule.out->name);
  if (rule.protocol != 0) text += " -p " + protocol_name(rule.protocol);
  for (const Match& match : rule.matches) text += to_text(match, rule.protocol);
  return text + to_text(rule.target);
}

}  // namespace patchbay::firewall::iptables
