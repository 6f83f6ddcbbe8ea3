// SPDX-License-Identifier: Apache-2.0
// A node that changes hands from one suite to the other.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "test/conformance/suite.hpp"
#include "test/support/chain.hpp"

namespace patchbay::test::conformance {

struct Network {
  const char* name;
  std::vector<nlohmann::json> (*plugins)(const std::string& backend, bool with_portmap);
  bool with_masquerade, with_portmap, with_ipv6;
  const char* iptables = "legacy";  // or "nft"
};

// Why this node cannot be had, for PATCHBAY_SKIP.
std::optional<std::string> lacks_legacy(const Network& network);

// More of usual_plugins' kind.
std::vector<nlohmann::json> fixed_address_plugins(const std::string& backend, bool with_portmap);
std::vector<nlohmann::json> tuned_and_limited_plugins(const std::string& backend, bool with_portmap);

// A World with a network on which one container has come and gone, so that what containers share
// (the bridge, top-level chains) is there.
struct Node {
  Node(const Network& network, const Suite& first);
  void by(const Suite& suite) { chain.path = suite.directory; }
  // The reference cannot know of our records, lease index and guard of localhost: they wait for our next GC.
  void collect_garbage();
  // What connections left in conntrack is not the plugins' business here.
  void forget_connections() { world.sh("conntrack -F 2>/dev/null"); }

  World world;
  std::vector<nlohmann::json> all_plugins;
  Chain chain;
};

using Snapshot = std::map<std::string, std::string>;

// It stays as long as some interface has route_localnet, which bridges and cables of both suites get.
Snapshot without_localhost_guard(Snapshot snapshot);
std::string changes_beside_our_own(const Snapshot& before, const Snapshot& after);

}  // namespace patchbay::test::conformance
