// SPDX-License-Identifier: Apache-2.0
// The iptables backend against the kernel.
#include "test/netns/iptables.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "common/base/error.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

std::vector<std::string> sorted_lines(const std::string& text) {
  std::istringstream stream{text};
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

bool has_table(const char* names) {
  std::ifstream file{names};
  for (std::string line; std::getline(file, line);) {
    if (line == "nat") return true;
  }
  return false;
}

}  // namespace

TEST_CASE("iptables: looking never makes a table") {
  SKIP_WITHOUT_LEGACY();
  World world;
  CHECK_FALSE(iptables::in_use());
  CHECK_FALSE(iptables::unavailable());
  iptables::remove(kOwner, kKinds, {});
  iptables::collect("netA", kKinds, {});
  CHECK(iptables::missing(kOwner, intents(1)).size() == 2);
  CHECK_FALSE(iptables::in_use());
  CHECK_FALSE(has_table("/proc/net/ip_tables_names"));
  CHECK_FALSE(has_table("/proc/net/ip6_tables_names"));

  Intents v4;
  v4.masquerade = Masquerade{{cidr("10.10.0.2/24")}};
  iptables::apply(kOwner, v4, {});
  CHECK(iptables::in_use());
  CHECK(has_table("/proc/net/ip_tables_names"));
  CHECK_FALSE(has_table("/proc/net/ip6_tables_names"));
}

TEST_CASE("iptables: every single rule is missed") {
  WORLD_OF_EITHER_IPTABLES(world);
  iptables::apply(owner(1), intents(1), {});
  const std::string whole = rules(world);
  std::istringstream lines{world.sh("iptables -t nat -S")};
  int tried = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("-A ")) continue;
    INFO(line);
    ++tried;
    world.sh("iptables -t nat -D " + line.substr(3));
    const auto missing = iptables::missing(owner(1), intents(1));
    CHECK(missing == std::vector<std::string>{"iptables -t nat lacks " + line});
    iptables::apply(owner(1), intents(1), {});  // and put back
    CHECK(iptables::missing(owner(1), intents(1)).empty());
    CHECK(sorted_lines(rules(world)) == sorted_lines(whole));
  }
  CHECK(tried == 3 + 5 + 4);
}

TEST_CASE("iptables: what is known spares looking further") {
  WORLD_OF_EITHER_IPTABLES(world);
  const std::string before = with_shared_chains(world);
  iptables::apply(owner(1), intents(1), {});
  const std::string whole = rules(world);
  iptables::remove(owner(1), kKinds, {.complete = true});  // as a network without either
  CHECK(rules(world) == whole);
  iptables::remove(
      owner(1), kKinds,
      {.addresses = intents(1).masquerade->addresses, .ports = intents(1).port_forwards->families, .complete = true});
  CHECK(rules(world) == before);
}

TEST_CASE("iptables: attachments survive what iptables does beside them") {
  WORLD_OF_EITHER_IPTABLES(world);
  const Owner sibling{"netA", "ctr1", "eth1"};
  iptables::apply(owner(1), intents(1), {});
  const std::string alone = rules(world);
  iptables::apply(sibling, intents(2), {});
  world.sh("iptables -t nat -A OUTPUT -j ACCEPT; iptables -t nat -D OUTPUT -j ACCEPT");
  iptables::remove(sibling, kKinds, {});
  CHECK(rules(world) == alone);
}

TEST_CASE("iptables: a foreign rule holds our chain") {
  WORLD_OF_EITHER_IPTABLES(world);
  iptables::apply(kOwner, intents(1), {});
  world.sh("iptables -t nat -N MINE; iptables -t nat -A MINE -j CNI-73746870d6d3195685499f5d");
  CHECK_THROWS_AS(iptables::remove(kOwner, {Kind::masquerade}, {}), Error);
  world.sh("iptables -t nat -F MINE");
  iptables::remove(kOwner, kKinds, {});
  CHECK(rules(world).find("ctrA") == std::string::npos);
}
