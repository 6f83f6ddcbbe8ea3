// SPDX-License-Identifier: Apache-2.0
// ingressPolicy: who may send to a container, with real packets.
#include "test/support/catch.hpp"
#include "test/support/chain.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

#define BACKENDS()                                                                  \
  const std::string kind = GENERATE("nftables", "iptables-legacy", "iptables-nft"); \
  if (const auto why = lacks_legacy_iptables()) PATCHBAY_SKIP(*why);                \
  INFO(kind);                                                                       \
  const std::string backend = kind.substr(0, kind.find('-'))

#define USE(world) world.set_iptables(kind == "iptables-nft" ? "nft" : "legacy")

struct Net : Chain {
  static std::vector<json> plugins(int number, const std::string& backend, const std::string& policy) {
    const std::string n = std::to_string(number);
    auto plugins = usual_plugins(backend, false);
    plugins[0]["bridge"] = "br" + n;
    plugins[0]["ipMasq"] = false;
    plugins[0]["ipam"]["ranges"] = {{{{"subnet", "10." + n + ".0.0/24"}}}, {{{"subnet", "fd00:" + n + "::/64"}}}};
    plugins.push_back({{"type", "firewall"}, {"backend", backend}, {"ingressPolicy", policy}});
    return plugins;
  }
  Net(World& world, int number, const std::string& backend, const std::string& policy)
      : Chain(world, plugins(number, backend, policy), "net" + std::to_string(number)) {}
};

bool reaches(World& world, const std::string& from, const Chain& net, const std::string& to) {
  const bool v4 = world.ping_once(from, net.ip(to), 400);
  const bool v6 = world.ping_once(from, net.ip(to, 6), 400);
  CHECK(v4 == v6);
  return v4;
}

// So that nothing is asked before it can be answered.
void settle(World& world, const Chain& net, const std::string& name) {
  REQUIRE(world.ping("", net.ip(name)));
  REQUIRE(world.ping("", net.ip(name, 6)));
}

std::string of_bridge(World& world, const std::string& bridge) {
  return world.sh(
      "(iptables-legacy -S; ip6tables-legacy -S; iptables-nft -S; ip6tables-nft -S; nft -s list ruleset) | grep -E "
      "'[\" "
      "]" +
      bridge + "\\b' || true");
}

}  // namespace

TEST_CASE("same-bridge: neighbours and the world get in, other bridges with a policy do not") {
  BACKENDS();
  World world;
  USE(world);
  world.lan("lan", "192.0.2.1/24", "192.0.2.2/24");
  world.lan("lan", "2001:db8::1/64", "2001:db8::2/64");
  world.sh_in("lan", "ip route add 10.0.0.0/8 via 192.0.2.1; ip -6 route add fd00::/8 via 2001:db8::1");
  Net one{world, 1, backend, "same-bridge"}, two{world, 2, backend, "same-bridge"}, open{world, 3, backend, "open"};
  one.add("red"), one.add("blue"), two.add("green"), open.add("white");
  settle(world, one, "red"), settle(world, one, "blue"), settle(world, two, "green"), settle(world, open, "white");
  CHECK(reaches(world, "red", one, "blue"));
  CHECK_FALSE(reaches(world, "green", one, "red"));
  CHECK_FALSE(reaches(world, "red", two, "green"));
  CHECK(reaches(world, "white", one, "red"));  // as with the reference: no policy, nothing to enforce
  CHECK(reaches(world, "lan", one, "red"));
  CHECK(world.ping("red", "192.0.2.2"));
  CHECK(world.ping("red", "2001:db8::2"));
  for (const char* name : {"red", "blue"}) CHECK(one.check(name).exit_code == 0);
  CHECK(two.check("green").exit_code == 0);
}

TEST_CASE("isolated: neighbours do not get in either, although no bridge calls iptables") {
  BACKENDS();
  World world;
  USE(world);
  Net one{world, 1, backend, "isolated"}, two{world, 2, backend, "same-bridge"};
  one.add("red"), one.add("blue"), two.add("green");
  settle(world, one, "red"), settle(world, one, "blue"), settle(world, two, "green");
  CHECK_FALSE(reaches(world, "red", one, "blue"));
  CHECK_FALSE(reaches(world, "blue", one, "red"));
  CHECK_FALSE(reaches(world, "green", one, "red"));
  CHECK(world.ping("red", "10.1.0.1"));
  CHECK(one.check("red").exit_code == 0);
  one.del("blue");
  one.add("black");
  settle(world, one, "black");
  CHECK_FALSE(reaches(world, "red", one, "black"));
}

TEST_CASE("an ingress policy goes with the last attachment of its bridge") {
  BACKENDS();
  World world;
  USE(world);
  Net one{world, 1, backend, "isolated"}, two{world, 2, backend, "same-bridge"};
  one.add("red"), one.add("blue"), two.add("green");
  const std::string both = of_bridge(world, "br1");
  one.del("red");
  CHECK(of_bridge(world, "br1") == both);
  SECTION("by DEL") { one.del("blue"); }
  SECTION("by DEL without prevResult") { one.del("blue", {.with_previous = false}); }
  SECTION("by GC") { CHECK(one.gc({}).exit_code == 0); }
  CHECK(of_bridge(world, "br1") == "");
  CHECK(of_bridge(world, "br2") != "");
  CHECK(two.check("green").exit_code == 0);
  two.del("green");
  CHECK(of_bridge(world, "br2") == "");
  if (backend == "iptables") CHECK(world.sh(kind + " -S").find("ISOLATION") == std::string::npos);
}

TEST_CASE("an ingress policy stays while the bridge has a port of which there is no record") {
  BACKENDS();
  World world;
  USE(world);
  Net one{world, 1, backend, "same-bridge"};
  one.add("red");
  world.sh("ip link add foreign type veth peer name foreign-peer; ip link set foreign master br1");
  one.del("red");
  CHECK(of_bridge(world, "br1") != "");
  world.sh("ip link del foreign");
  CHECK(one.gc({}).exit_code == 0);
  CHECK(of_bridge(world, "br1") == "");
}

TEST_CASE("an ingress policy holds through attachments that come and go at the same time") {
  World world;
  Net one{world, 1, "nftables", "isolated"}, two{world, 2, "nftables", "isolated"};
  two.add("green");
  settle(world, two, "green");
  for (int round = 0; round < 5; ++round) {
    one.add("red");
    one.add("blue");
    settle(world, one, "blue");
    one.del("red");
    CHECK_FALSE(world.ping_once("green", one.ip("blue"), 100));
    CHECK(one.check("blue").exit_code == 0);
    one.del("blue");
  }
}

TEST_CASE("an ingress policy without a bridge to be for is refused") {
  World world;
  const json config{{"cniVersion", "1.0.0"},
                    {"name", "net"},
                    {"type", "firewall"},
                    {"ingressPolicy", "same-bridge"},
                    {"prevResult", {{"cniVersion", "1.0.0"}, {"ips", {{{"address", "10.1.0.2/24"}}}}}}};
  const Ran ran = world.call({.plugin = "firewall", .config = config, .netns = world.netns("red")});
  INFO(ran.out);
  CHECK(ran.json().at("code") == 7);
  CHECK(ran.json().at("details").get<std::string>().find("at /prevResult/interfaces") == 0);
}
