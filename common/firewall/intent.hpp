// SPDX-License-Identifier: Apache-2.0
// What a plugin wants of the packet filter, said without saying how.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/owner.hpp"
#include "common/net/ip.hpp"
#include "common/net/mac.hpp"

namespace patchbay::firewall {

enum class Backend { nftables, iptables };

// Which kind of intent: one plugin's objects are never touched by another plugin's DEL. Confinement is of a
// bridge, not of an owner: see lift() in firewall.hpp.
enum class Kind { masquerade, host_port, mac_spoof, forward, confinement, isolation };

inline bool contains(const std::vector<Kind>& kinds, Kind kind) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

// Packets from this address to anywhere outside its own subnet (and not multicast) leave with the
// node's address.
struct Masquerade {
  std::vector<net::Cidr> addresses;  // each with its subnet's prefix
};

enum class Protocol : std::uint8_t { tcp = 6, udp = 17, sctp = 132 };

struct HostPort {
  Protocol protocol{};
  std::uint16_t host_port = 0;
  std::optional<net::Ip> host_ip;  // nullopt: every address of this host; must be one of the family
  std::uint16_t container_port = 0;
  auto operator<=>(const HostPort&) const = default;
};

// A restriction on who may use the host ports: conditionsV4/conditionsV6, parsed from either
// iptables or nft syntax into the same value (condition.hpp).
struct Condition {
  enum class Field { source, destination, in_interface, out_interface, mark } field{};
  bool negated = false;
  net::Cidr subnet;       // source, destination
  std::string interface;  // in_interface, out_interface; a trailing '+' or '*' is a wildcard
  std::uint32_t mark = 0, mask = 0xFFFFFFFF;
  auto operator<=>(const Condition&) const = default;
};

// Host ports of one attachment, in one family.
struct PortForward {
  net::Cidr container;  // target address with its subnet's prefix
  std::vector<HostPort> ports;
  std::vector<Condition> conditions;
};

struct PortForwards {
  std::vector<PortForward> families;  // at most one per family
  bool snat = true;                   // the node itself (127.0.0.1), the container itself and siblings too
  bool masquerade_all = false;
  unsigned mark_bit = 13;               // iptables layout only
  std::string external_set_mark_chain;  // iptables layout only
};

// Only frames with this MAC may come in over this host interface.
struct MacSpoofCheck {
  std::string host_ifname;
  net::Mac mac;
};

// Who, besides the outside world, may send to the containers of a bridge: everybody; those on the same
// bridge, but not on another one that has a policy; or not even those.
enum class Ingress : std::uint8_t { open, same_bridge, isolated };

struct IngressPolicy {
  Ingress ingress{};
  std::string bridge;
};

// This host forwards what these addresses send, and the answers to it. An administrator's chain has the
// first word.
inline constexpr const char* kDefaultAdminChain = "CNI-ADMIN";
struct Forwarding {
  std::vector<net::Cidr> addresses;
  std::string admin_chain = kDefaultAdminChain;  // iptables layout only
  std::optional<IngressPolicy> policy;           // nullopt: open
  std::string firewalld_zone;                    // the zone of firewalld that accepts the addresses; empty: we do

  // Then nothing of it is for the packet filter.
  [[nodiscard]] bool is_left_to_firewalld() const { return !firewalld_zone.empty() && !policy; }
};

// These ports of a bridge send nothing to others of which the same is said.
struct PortIsolation {
  std::vector<std::string> ports;
};

// Everything that one call wants, applied together or not at all.
struct Intents {
  std::optional<Masquerade> masquerade;
  std::optional<PortForwards> port_forwards;
  std::optional<MacSpoofCheck> mac_spoof;
  std::optional<Forwarding> forwarding;
  std::optional<PortIsolation> isolation;
  [[nodiscard]] bool empty() const { return !masquerade && !port_forwards && !mac_spoof && !forwarding && !isolation; }
};

}  // namespace patchbay::firewall
