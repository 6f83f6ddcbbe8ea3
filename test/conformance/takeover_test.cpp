// SPDX-License-Identifier: Apache-2.0
// A node changes hands: what one suite has attached, the other checks and removes, leaving nothing.

#include "test/conformance/takeover.hpp"

#include "test/conformance/suite.hpp"
#include "test/support/catch.hpp"

namespace {

using namespace patchbay::test;
using namespace patchbay::test::conformance;
using nlohmann::json;

// The reference's portmap 1.1.1 takes the rules of one family for those of the other.
bool can_check(const Suite& suite, const Network& network) {
  return suite.directory != reference().directory || !network.with_portmap;
}

void hand_over(const Network& network, const Suite& from, const Suite& to) {
  Node node{network, from};
  node.world.netns("c1");
  const auto before = node.world.snapshot();
  node.chain.add("c1");
  node.by(to);
  if (can_check(to, network)) {
    const Ran checked = node.chain.check("c1");
    INFO("CHECK by " << to.name << ": " << checked.out);
    CHECK(checked.exit_code == 0);
  }
  node.chain.del("c1");
  CHECK(changes_beside_our_own(before, node.world.snapshot()) == "");
  node.collect_garbage();
  CHECK(difference(before, node.world.snapshot()) == "");
}

}  // namespace

TEST_CASE("what one suite attaches the other checks and removes") {
  if (const auto reason = lacks(reference())) PATCHBAY_SKIP(*reason);
  const Network network =
      GENERATE(Network{"bridge", usual_plugins, false, false, false},
               Network{"bridge, both families", usual_plugins, false, false, true},
               Network{"bridge, masquerade", usual_plugins, true, false, false},
               Network{"bridge, masquerade, both families", usual_plugins, true, false, true},
               Network{"bridge, host ports", usual_plugins, false, true, false},
               Network{"bridge, everything", usual_plugins, true, true, true},
               Network{"bridge, fixed address", fixed_address_plugins, false, false, false},
               Network{"bridge, tuned and limited", tuned_and_limited_plugins, true, false, true},
               Network{"ptp", point_to_point_plugins, false, false, false},
               Network{"ptp, masquerade", point_to_point_plugins, true, false, false},
               Network{"ptp, everything", point_to_point_plugins, true, true, true},
               Network{"bridge, everything, iptables-nft", usual_plugins, true, true, true, "nft"},
               Network{"ptp, everything, iptables-nft", point_to_point_plugins, true, true, true, "nft"});
  if (const auto reason = lacks_legacy(network)) PATCHBAY_SKIP(*reason);
  for (const Suite& other : {reference(), newest_reference()}) {
    if (lacks(other)) continue;
    DYNAMIC_SECTION(network.name << ": from " << other.name << " to us") { hand_over(network, other, ours()); }
    DYNAMIC_SECTION(network.name << ": from us to " << other.name) { hand_over(network, ours(), other); }
  }
}

// Where the interface outlives it, DEL of tuning puts back what the other suite has written down.
TEST_CASE("one suite's tuning is taken back by the other") {
  if (const auto reason = lacks(reference())) PATCHBAY_SKIP(*reason);
  const bool ours_first = GENERATE(true, false);
  const Suite first = ours_first ? ours() : reference(), second = ours_first ? reference() : ours();
  INFO("first " << first.name);
  World world;
  const std::string netns = world.netns("c1");
  world.sh("ip -n c1 link add eth0 type veth peer name other");
  const auto before = world.snapshot();
  const json interface {
    {"name", "eth0"}, {"mac", "02:00:5e:00:00:01"}, { "sandbox", netns }
  };
  const auto call = [&](const Suite& suite, const char* verb) {
    return world.call({.plugin = "tuning",
                       .command = verb,
                       .config = {{"cniVersion", "1.0.0"},
                                  {"name", "net"},
                                  {"type", "tuning"},
                                  {"mac", "02:00:5e:00:00:03"},
                                  {"mtu", 1400},
                                  {"promisc", true},
                                  {"prevResult", {{"cniVersion", "1.0.0"}, {"interfaces", {interface}}}}},
                       .container = "c1",
                       .netns = netns,
                       .path = suite.directory});
  };
  REQUIRE(call(first, "ADD").exit_code == 0);
  CHECK(difference(before, world.snapshot()) != "");
  CHECK(call(second, "CHECK").exit_code == 0);
  CHECK(call(second, "DEL").exit_code == 0);
  CHECK(difference(before, world.snapshot()) == "");
}

TEST_CASE("containers of both suites live on one network, and each suite removes the other's") {
  if (const auto reason = lacks(reference())) PATCHBAY_SKIP(*reason);
  const Network network{"", usual_plugins, true, false, true, GENERATE("legacy", "nft")};
  if (const auto reason = lacks_legacy(network)) PATCHBAY_SKIP(*reason);
  Node node{network, reference()};
  for (const char* name : {"red", "blue"}) node.world.netns(name);
  const auto before = node.world.snapshot();
  node.chain.add("red");
  node.by(ours());
  node.chain.add("blue");
  CHECK(node.world.ping("red", node.chain.ip("blue")));
  CHECK(node.world.ping("blue", node.chain.ip("red", 6)));

  node.chain.del("red");
  CHECK(node.world.ping("", node.chain.ip("blue")));
  node.by(reference());
  CHECK(node.chain.check("blue").exit_code == 0);
  node.chain.del("blue");
  node.collect_garbage();
  node.forget_connections();
  CHECK(difference(before, node.world.snapshot()) == "");
}

TEST_CASE("host ports of both suites stand side by side") {
  if (const auto reason = lacks(reference())) PATCHBAY_SKIP(*reason);
  const Network network{"", usual_plugins, true, true, true, GENERATE("legacy", "nft")};
  if (const auto reason = lacks_legacy(network)) PATCHBAY_SKIP(*reason);
  const bool ours_first = GENERATE(true, false);
  const Suite first = ours_first ? ours() : reference(), second = ours_first ? reference() : ours();
  INFO("first " << first.name << ", iptables-" << network.iptables);
  Node node{network, first};
  for (const char* name : {"red", "blue"}) node.world.netns(name);
  const auto before = node.world.snapshot();
  node.chain.add("red");
  node.by(second);
  node.chain.port_mappings = {{{"hostPort", 8081}, {"containerPort", 80}, {"protocol", "tcp"}}};
  node.chain.add("blue");
  for (const std::string name : {"red", "blue"}) node.world.serve(name, "tcp", 80, name);
  CHECK(node.world.ask("", "tcp", "127.0.0.1", 8080).value_or("").starts_with("red "));
  CHECK(node.world.ask("", "tcp", "127.0.0.1", 8081).value_or("").starts_with("blue "));

  node.chain.del("red");
  CHECK(node.world.ask("", "tcp", "127.0.0.1", 8080, 300) == std::nullopt);
  CHECK(node.world.ask("", "tcp", "127.0.0.1", 8081).value_or("").starts_with("blue "));
  node.by(first);
  node.chain.del("blue");
  node.collect_garbage();
  node.forget_connections();
  // The bridge still has route_localnet, so the guard of localhost stays.
  CHECK(changes_beside_our_own(before, node.world.snapshot()) == "");
}

TEST_CASE("leases are handed out alternately from one store, each address once") {
  if (const auto reason = lacks(reference())) PATCHBAY_SKIP(*reason);
  World world;
  constexpr int kAddresses = 13;  // of a /28, without network, gateway and broadcast
  Chain chain{world,
              {{{"type", "host-local"}, {"ipam", {{"type", "host-local"}, {"subnet", "10.10.0.0/28"}}}}},
              "net",
              "1.0.0"};
  const auto by_turns = [&](int turn) { chain.path = (turn % 2 == 0 ? ours() : reference()).directory; };
  std::vector<std::string> addresses;
  for (int i = 0; i < kAddresses; ++i) {
    by_turns(i);
    const auto name = "c" + std::to_string(i);
    chain.add(name);
    addresses.push_back(chain.ip(name));
    CHECK(addresses.back() == "10.10.0." + std::to_string(i + 2));  // one memory of the last address
  }
  for (int turn : {0, 1}) {
    by_turns(turn);
    CHECK(chain.try_add("one too many").exit_code != 0);
  }
  for (int i = 0; i < kAddresses; ++i) {
    by_turns(i);
    const auto name = "c" + std::to_string(i);
    CHECK(chain.check(name).exit_code == 0);
    by_turns(i + 1);
    CHECK(chain.check(name).exit_code == 0);
    chain.del(name);
  }
  CHECK(world.sh("ls /var/lib/cni/networks/net") == "last_reserved_ip.0\nlock\n");
  by_turns(0);
  chain.add("again");
  CHECK(chain.ip("again") == "10.10.0.2");
}

// Each of them forgets what the other does in between, so records of ours outlive what they tell of.
TEST_CASE("an attachment that changes hands more than once is removed by whoever has it last") {
  if (const auto reason = lacks(reference())) PATCHBAY_SKIP(*reason);
  if (const auto reason = lacks_legacy_iptables()) PATCHBAY_SKIP(*reason);
  const bool same_address = GENERATE(false, true);
  for (const auto& make : {usual_plugins, point_to_point_plugins}) {
    DYNAMIC_SECTION((make == usual_plugins ? "bridge" : "ptp") << (same_address ? ", same address" : "")) {
      Node node{{"", make, true, true, true}, reference()};
      node.world.netns("c1");
      const auto before = node.world.snapshot();
      node.by(ours());
      node.chain.add("c1");
      node.by(reference());
      node.chain.del("c1");
      node.world.remove_netns("c1");
      if (same_address) node.world.sh("rm -f /var/lib/cni/networks/net/last_reserved_ip.*");
      node.chain.add("c1");  // in a namespace of its own, by the same name
      node.by(ours());
      node.chain.del("c1");
      node.forget_connections();
      CHECK(difference(without_localhost_guard(before), without_localhost_guard(node.world.snapshot())) == "");
    }
  }
}

TEST_CASE("GC of ours keeps what the reference attached and still is valid, and takes the rest") {
  if (const auto reason = lacks(reference())) PATCHBAY_SKIP(*reason);
  if (const auto reason = lacks_legacy_iptables()) PATCHBAY_SKIP(*reason);
  const Network network{"bridge, everything", usual_plugins, true, true, true};
  Node node{network, reference()};
  for (const char* name : {"red", "blue"}) node.world.netns(name);
  node.chain.add("blue");
  const auto before = node.world.snapshot();
  node.chain.port_mappings = {{{"hostPort", 8081}, {"containerPort", 80}, {"protocol", "tcp"}}};
  node.chain.add("red");
  node.world.remove_netns("red");
  node.world.netns("red");
  // Its cable goes with the namespace, in the kernel's own time: no tag tells whose it is.
  node.world.sh("for i in $(seq 200); do ip link show " + node.chain.host_end("red") +
                " >/dev/null 2>&1 || exit 0; sleep 0.05; done; exit 1");
  Chain newer{node.world, node.all_plugins, "net", "1.1.0"};
  CHECK(newer.gc({"blue"}).exit_code == 0);
  CHECK(difference(before, node.world.snapshot()) == "");
  node.by(ours());
  CHECK(node.chain.check("blue").exit_code == 0);
  node.by(reference());
  node.chain.del("blue");
}
