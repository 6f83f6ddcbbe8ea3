// SPDX-License-Identifier: Apache-2.0
// A sweep must be able to fail.
#include <algorithm>

#include "test/faults/state/state.hpp"
#include "test/faults/sweep/plan.hpp"
#include "test/support/catch.hpp"

using namespace patchbay::faults;

namespace {

// What a sweep of the leaky plugin complains of, with the verb and fault.
std::vector<std::string> complaints(const std::string& verb, const std::string& mode) {
  const Selection selection{.cases = {"leaky"}, .verbs = {verb}, .modes = {mode}, .plugin = {}, .point = {}};
  std::vector<std::string> all;
  for (Stage& stage : stages(selection)) {
    plan(stage, selection);
    REQUIRE(stage.trouble.empty());
    for (const Trial& trial : stage.trials) {
      for (const Complaint& complaint : perform(trial).complaints) all.push_back(complaint.check);
    }
  }
  return all;
}

bool has(const std::vector<std::string>& all, const std::string& one) {
  return std::ranges::find(all, one) != all.end();
}

}  // namespace

TEST_CASE("a plugin that leaks is caught") {
  CHECK(has(complaints("ADD", "error"), "left-before-del"));
  CHECK(has(complaints("ADD", "interrupted"), "interrupted-fails"));
}

TEST_CASE("a plugin that does not look whether it worked is caught") {
  const auto found = complaints("DEL", "error");
  CHECK(has(found, "false-ok"));
  CHECK(has(found, "leak"));
}

TEST_CASE("a plugin without GC is caught") { CHECK(has(complaints("ADD", "kill-tree"), "leak")); }

TEST_CASE("a state tells what came and what went") {
  patchbay::test::World world;
  world.netns("red");
  const State before = read_state(world, {"red"});
  CHECK(read_state(world, {"red"}) == before);
  world.sh(
      "ip link add x0 type bridge && ip link set x0 up && ip addr add 10.1.1.1/24 dev x0 && "
      "ip route add 10.9.0.0/16 via 10.1.1.2");
  world.sh_in("red", "ip link set lo mtu 1400");
  world.sh(
      "nft add table inet t && nft add set inet t s '{ type ipv4_addr; }' && nft add element inet t s '{ 10.1.1.9 }' "
      "&& nft add chain inet t c && nft add rule inet t c accept");
  world.sh("mkdir -p /run/patchbay && echo record >/run/patchbay/r");
  const std::string change = difference(before, read_state(world, {"red"}));
  for (const char* part : {"x0", "host address", "host route", "- red link 1", "+ red link 1", "nft table", "nft set",
                           "nft element", "nft rule", "/run/patchbay/r record"}) {
    CHECK_THAT(change, Catch::Matchers::Contains(part));
  }
  world.sh("ip link del x0 && nft delete table inet t && rm /run/patchbay/r");
  world.sh_in("red", "ip link set lo mtu 65536");
  CHECK(difference(before, read_state(world, {"red"})).empty());
}

TEST_CASE("legacy rules are part of the state, their counters are not") {
  patchbay::test::World world;
  if (const auto reason = patchbay::test::lacks_legacy_iptables()) PATCHBAY_SKIP(*reason);
  world.sh("iptables-legacy -t nat -A OUTPUT -p udp --dport 9 -j ACCEPT");
  const State before = read_state(world, {});
  world.sh("iptables-legacy -t nat -A OUTPUT -p udp --dport 10 -j ACCEPT");
  CHECK_THAT(difference(before, read_state(world, {})), Catch::Matchers::Contains("+ iptables"));
  world.sh("iptables-legacy -t nat -D OUTPUT 2; iptables-legacy -t nat -Z");
  CHECK(difference(before, read_state(world, {})).empty());
}
