// SPDX-License-Identifier: Apache-2.0
// An iptables rule as a value: what it says, apart from how it reaches the kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/net/ip.hpp"

namespace patchbay::firewall::iptables {

// --- matches, in the words of iptables-extensions(8) ----------------------------------------------

struct Comment {  // -m comment --comment
  std::string text;
  bool operator==(const Comment&) const = default;
};
struct LocalDestination {  // -m addrtype --dst-type LOCAL
  bool operator==(const LocalDestination&) const = default;
};
struct Ports {  // -m multiport --dports
  std::vector<std::uint16_t> ports;
  static constexpr std::size_t kMost = 15;  // XT_MULTI_PORTS
  bool operator==(const Ports&) const = default;
};
struct DestinationPort {  // -m tcp|udp|sctp --dport; which of them is the rule's protocol
  std::uint16_t port = 0;
  bool operator==(const DestinationPort&) const = default;
};
struct Mark {  // -m mark [!] --mark value/mask
  std::uint32_t value = 0, mask = 0xFFFFFFFF;
  bool negated = false;
  bool operator==(const Mark&) const = default;
};
struct Established {  // -m conntrack --ctstate RELATED,ESTABLISHED
  bool operator==(const Established&) const = default;
};
struct Translated {  // -m conntrack --ctstate DNAT
  bool operator==(const Translated&) const = default;
};
// Something that somebody else wrote and that we have no word for. Never equal to anything.
struct Foreign {
  std::string name;
  bool operator==(const Foreign&) const { return false; }
};
using Match = std::variant<Comment, LocalDestination, Ports, DestinationPort, Mark, Established, Translated, Foreign>;

// --- targets --------------------------------------------------------------------------------------

struct Accept {
  bool operator==(const Accept&) const = default;
};
struct Drop {
  bool operator==(const Drop&) const = default;
};
struct Return {
  bool operator==(const Return&) const = default;
};
struct Jump {  // -j CHAIN
  std::string chain;
  bool operator==(const Jump&) const = default;
};
struct MasqueradeTarget {
  bool operator==(const MasqueradeTarget&) const = default;
};
struct Dnat {  // --to-destination ip:port
  net::Ip ip;
  std::uint16_t port = 0;
  bool operator==(const Dnat&) const = default;
};
struct SetMark {  // -j MARK --set-xmark value/mask
  std::uint32_t value = 0, mask = 0xFFFFFFFF;
  bool operator==(const SetMark&) const = default;
};
using Target = std::variant<Accept, Drop, Return, Jump, MasqueradeTarget, Dnat, SetMark, Foreign>;

// --- rules ----------------------------------------------------------------------------------------

struct Subnet {
  net::Cidr cidr;  // host bits cleared
  bool negated = false;
  bool operator==(const Subnet&) const = default;
};

struct Interface {
  std::string name;  // a trailing '+' is a wildcard
  bool negated = false;
  bool operator==(const Interface&) const = default;
};

struct Rule {
  std::string chain;
  std::optional<Subnet> source, destination;
  std::optional<Interface> in, out;
  std::uint8_t protocol = 0;  // IPPROTO_*; 0: any
  std::vector<Match> matches;
  Target target;

  // Whose it is within a chain that attachments share (names.hpp): a number made of its owner, 0
  // when nobody said. Not part of what the rule says, hence not compared.
  std::uint32_t attachment = 0;

  bool operator==(const Rule& other) const;

  // nullptr unless the rule has such a match or target.
  template <typename Kind>
  [[nodiscard]] const Kind* find() const {
    for (const Match& match : matches) {
      if (const auto* found = std::get_if<Kind>(&match)) return found;
    }
    return nullptr;
  }
  [[nodiscard]] const std::string* jump() const;
};

// As `iptables -S` prints it: "-A POSTROUTING -s 10.1.2.3/32 -j ACCEPT".
std::string to_text(const Rule& rule);

}  // namespace patchbay::firewall::iptables
