// SPDX-License-Identifier: Apache-2.0
// What is measured: networks as nodes have them, and what a runtime does with a container there.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "test/budget/figures.hpp"
#include "test/budget/meter.hpp"
#include "test/support/chain.hpp"

namespace patchbay::test::budget {

struct Case {
  std::string name;
  std::vector<nlohmann::json> plugins;
  int ports = 0;                    // of every container, to the host
  bool node_verbs = false;          // STATUS and GC too
  std::string iptables = "legacy";  // what the node's is, see test/support/world.hpp
};

std::vector<Case> cases();
Case case_of(const std::string& name);

// A node with that network on which some containers, "n0" and so on, live already.
class Node {
 public:
  Node(Case of, int neighbours);
  void attach_neighbours_up_to(int count);

  // Everything once, with containers that nobody has seen before. One line for the whole chain,
  // "bridge+masq+portmap 1 port nftables ADD", and one for portmap in it, "portmap 1 port nftables ADD".
  Book round();

 private:
  void measure_node_verbs(Way way, Book& calls);

  Case case_;
  World world_;
  Chain net_;
  int neighbours_ = 0, containers_ = 0;
};

Book version_round(World& world);  // VERSION of every plugin

// The least of up to `kRounds` rounds, that is without the waits that chance adds; `enough` ends it earlier.
inline constexpr int kRounds = 5;
Book least(const std::function<Book()>& round, const std::function<bool(const Book&)>& enough);

}  // namespace patchbay::test::budget
