// SPDX-License-Identifier: Apache-2.0
// The sets and maps of our tables: what each is for decides its name, its table, its columns and
// the kind of intent that it serves. docs/adr/0003-nftables-layout.md shows them all.
#pragma once

#include <linux/netfilter.h>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/firewall/intent.hpp"

namespace patchbay::firewall::nftables {

// "inet patchbay" and "bridge patchbay".
enum class Table : std::uint8_t { inet = NFPROTO_INET, bridge = NFPROTO_BRIDGE };
inline constexpr std::string_view kTableName = "patchbay";

Table table_of(Kind kind);

enum class Role : std::uint8_t {
  masquerade,         // addresses to masquerade when they leave their subnet; a set per subnet
  masquerade_host,    // the same for addresses that are all of their subnet (/32, /128)
  host_port,          // protocol . port -> target, on every address of this host
  host_port_ip,       // address . protocol . port -> target
  host_port_ip_only,  // protocol . port that is published on some addresses only
  published,          // target . protocol . host port: forwarded connections that may need masquerading
  hairpin,            // targets that their own subnet may reach by host port; a set per subnet
  hairpin_host,       // the same for /32 and /128: target . target
  masquerade_all,     // targets whose forwarded connections are all masqueraded
  guarded,            // host interfaces whose frames are checked
  allowed,            // host interface . MAC
  forwarded,          // addresses whose packets, and the answers to them, are accepted
  confined,           // bridges with an ingress policy
  same_bridge,        // the pairs bridge . the same bridge between which a policy lets pass…
  isolated,           // …and between which it does not
  isolated_port,      // ports that must not send to each other
};

// As nft's own data types are numbered (enum datatypes in nft; NFTA_SET_KEY_TYPE is informational
// for the kernel, and how nft(8) knows what to print).
enum class Column : std::uint8_t {
  ipv4_addr = 7,
  ipv6_addr = 8,
  ether_addr = 9,
  inet_proto = 12,
  inet_service = 13,
  ifname = 41,
};
using Columns = std::vector<Column>;

struct SetName {
  Role role{};
  net::Family family = net::Family::v4;  // of the addresses; v4 in the bridge table
  std::string qualifier;  // the subnet, or the name of the condition space; empty where there is one set only

  auto operator<=>(const SetName&) const = default;
  [[nodiscard]] std::string text() const;                      // "masq_10.88.0.0/16", "hostports4_ip"
  static std::optional<SetName> parse(std::string_view text);  // nullopt: none of ours

  [[nodiscard]] Kind kind() const;
  [[nodiscard]] Table table() const;
  [[nodiscard]] Columns key() const;
  [[nodiscard]] Columns data() const;                     // empty: a set, no map
  [[nodiscard]] std::optional<net::Cidr> subnet() const;  // what the qualifier says, of masquerade and hairpin
};

// The set that a target's address belongs to: that of its subnet, or the one for lone addresses.
SetName masquerade_set(const net::Cidr& address);
SetName hairpin_set(const net::Cidr& address);

}  // namespace patchbay::firewall::nftables
