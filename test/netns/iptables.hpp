// SPDX-License-Identifier: Apache-2.0
// What the tests of the iptables backend share.
#pragma once

#include <string>
#include <vector>

#include "common/firewall/iptables/iptables.hpp"
#include "test/support/catch.hpp"
#include "test/support/world.hpp"

#define SKIP_WITHOUT_LEGACY() \
  if (const auto reason = patchbay::test::lacks_legacy_iptables()) PATCHBAY_SKIP(*reason)

// The kind of iptables that a node has, each in turn.
#define EITHER_IPTABLES(variant)                                                                     \
  const std::string variant = GENERATE(as<std::string>{}, "legacy", "nft");                          \
  const auto lacking = variant == "legacy" ? patchbay::test::lacks_legacy_iptables() : std::nullopt; \
  if (lacking) PATCHBAY_SKIP(*lacking);                                                              \
  CAPTURE(variant)

// Such a node: `iptables` in its commands is of that kind.
#define WORLD_OF_EITHER_IPTABLES(world) \
  EITHER_IPTABLES(variant);             \
  World world;                          \
  world.set_iptables(variant)

namespace patchbay::test {

using firewall::HostPort;
using firewall::Intents;
using firewall::Kind;
using firewall::Masquerade;
using firewall::PortForward;
using firewall::PortForwards;
using firewall::Protocol;
namespace iptables = firewall::iptables;

inline const std::vector<Kind> kKinds = {Kind::masquerade, Kind::host_port};

inline const Owner kOwner{"netA", "ctrA", "eth0"};

inline net::Cidr cidr(const std::string& text) { return net::Cidr::parse(text).value(); }

// Every rule of both families, as iptables prints them.
inline std::string rules(World& world) { return world.sh("iptables -t nat -S; echo; ip6tables -t nat -S"); }

inline Owner owner(int number) { return {"netA", "ctr" + std::to_string(number), "eth0"}; }

// Masquerading and a port of its own, in both families.
inline Intents intents(int number) {
  const std::string host = std::to_string(number + 2);
  Intents all;
  all.masquerade = Masquerade{{cidr("10.10.0." + host + "/24"), cidr("fd00:10::" + host + "/64")}};
  PortForwards forwards;
  for (const net::Cidr& address : all.masquerade->addresses) {
    forwards.families.push_back(
        {.container = address,
         .ports = {{Protocol::tcp, static_cast<std::uint16_t>(8000 + number), std::nullopt, 80}}});
  }
  all.port_forwards = forwards;
  return all;
}

// What the first host port brings into being stays: the state to which everything must return.
inline std::string with_shared_chains(World& world) {
  iptables::apply(owner(99), intents(99), {});
  iptables::remove(owner(99), kKinds, {});
  return rules(world);
}

}  // namespace patchbay::test
