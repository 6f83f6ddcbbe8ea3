// SPDX-License-Identifier: Apache-2.0
// Limits that are for some far ends alone: which packets take which class, and CHECK of that.
#include "test/support/catch.hpp"
#include "test/support/chain.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

const json kLimits = {
    {"ingressRate", 8000000}, {"ingressBurst", 800000}, {"egressRate", 16000000}, {"egressBurst", 1600000}};

json bridge() {
  const json ranges = {{{{"subnet", "10.10.0.0/24"}}}, {{{"subnet", "fd10::/64"}}}};
  const json routes = {{{"dst", "0.0.0.0/0"}}, {{"dst", "::/0"}}};
  return {{"type", "bridge"},
          {"isGateway", true},
          {"ipam", {{"type", "host-local"}, {"ranges", ranges}, {"routes", routes}}}};
}

Chain limited(World& world, json more) {
  more.update(kLimits);
  more["type"] = "bandwidth";
  return Chain{world, {bridge(), std::move(more)}};
}

// Two hosts beyond the node, one of which the tests name.
void add_hosts(World& world) {
  world.lan("near", "192.0.2.1/24", "192.0.2.2/24");
  world.lan("near", "2001:db8:1::1/64", "2001:db8:1::2/64");
  world.lan("far", "198.51.100.1/24", "198.51.100.2/24");
  world.lan("far", "2001:db8:2::1/64", "2001:db8:2::2/64");
  world.sh_in("near", "ip route add default via 192.0.2.1 && ip -6 route add default via 2001:db8:1::1");
  world.sh_in("far", "ip route add default via 198.51.100.1 && ip -6 route add default via 2001:db8:2::1");
}

std::string shaper(World& world) {
  std::string name = world.sh("ip -o link show type ifb | cut -d: -f2 | tr -d ' '");
  if (!name.empty()) name.pop_back();
  return name;
}

// Bytes that went through a class so far.
long sent(World& world, const std::string& link, const std::string& id) {
  const std::string told = world.sh("tc -s class show dev " + link + " | grep -A1 'htb " + id +
                                    " ' | sed -n 's/.*Sent \\([0-9]*\\) .*/\\1/p'");
  REQUIRE_FALSE(told.empty());
  return std::stol(told);
}

struct Traffic {
  bool limited, unlimited;
  bool operator==(const Traffic&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Traffic& traffic) {
  return out << (traffic.limited ? "limited" : "") << (traffic.unlimited ? " unlimited" : "");
}

// Which classes of the link carry the echoes between the container and `to`, whose payload no chatter reaches.
Traffic traffic_of(World& world, const std::string& link, const std::string& to) {
  constexpr long kPayload = 3 * 1200;
  const long limited = sent(world, link, "1:30"), unlimited = sent(world, link, "1:1");
  world.sh_in("red", "ping -q -c 3 -i 0.01 -s 1200 -W 2 " + to);
  return {sent(world, link, "1:30") - limited >= kPayload, sent(world, link, "1:1") - unlimited >= kPayload};
}

const std::vector<std::string> kNear{"192.0.2.2", "2001:db8:1::2"}, kFar{"198.51.100.2", "2001:db8:2::2"};
const json kNearSubnets = {"192.0.2.77/24", "2001:db8:1::/64"};

}  // namespace

TEST_CASE("limits are for all far ends but some, or for some alone, in both directions") {
  World world;
  world.sh("ip link add cni0 type bridge && ip link set cni0 up");
  add_hosts(world);
  for (const bool shaped : {false, true}) {
    DYNAMIC_SECTION((shaped ? "shaped" : "unshaped")) {
      Chain net = limited(world, {{shaped ? "shapedSubnets" : "unshapedSubnets", kNearSubnets}});
      net.add("red");
      const std::string end = net.host_end("red"), ifb = shaper(world);
      REQUIRE(world.ping("red", kNear[1]));  // once addresses are no longer tentative
      REQUIRE(world.ping("red", kFar[1]));
      const Traffic limited{true, false}, unlimited{false, true};
      for (const std::string& link : {end, ifb}) {
        for (const std::string& to : kNear) {
          INFO(link << " " << to);
          CHECK(traffic_of(world, link, to) == (shaped ? limited : unlimited));
        }
        for (const std::string& to : kFar) {
          INFO(link << " " << to);
          CHECK(traffic_of(world, link, to) == (shaped ? unlimited : limited));
        }
      }
      const Ran check = net.check("red");
      INFO(check.out);
      CHECK(check.exit_code == 0);
      net.del("red");
      net.del("red", {.with_netns = false, .with_previous = false});
      CHECK(shaper(world).empty());
    }
  }
}

TEST_CASE("a class limits as the token bucket would") {
  World world;
  Chain net = limited(world, {{"shapedSubnets", {"0.0.0.0/0", "::/0"}}});
  net.add("red");
  const std::string classes = world.sh("tc class show dev " + net.host_end("red"));
  INFO(classes);
  CHECK(classes.find("htb 1:30 root leaf 30: prio 0 rate 8Mbit ceil 8Mbit burst 100000b cburst 100000b") !=
        std::string::npos);
  CHECK(world.sh("tc qdisc show dev " + net.host_end("red")).find("bfifo 30: parent 1:30 limit 125000b") !=
        std::string::npos);
  CHECK(net.check("red").exit_code == 0);
  net.del("red");
}

TEST_CASE("subnets of the configuration are for the runtime's limits, unless the runtime names others") {
  World world;
  Chain net{world,
            {bridge(),
             {{"type", "bandwidth"}, {"capabilities", {{"bandwidth", true}}}, {"unshapedSubnets", {"192.0.2.0/24"}}}}};
  net.capability_args = {{"bandwidth", {{"ingressRate", 8000000}, {"ingressBurst", 800000}}}};
  net.add("red");
  const auto filters = [&] { return world.sh("tc filter show dev " + net.host_end("red") + " parent 1:"); };
  CHECK(filters().find("match c0000200/ffffff00 at 12") != std::string::npos);
  CHECK(net.check("red").exit_code == 0);
  net.del("red");

  net.capability_args["bandwidth"]["shapedSubnets"] = {"198.51.100.0/24"};
  net.add("red");
  CHECK(filters().find("match c6336400/ffffff00 at 12") != std::string::npos);
  CHECK(filters().find("c0000200") == std::string::npos);
  CHECK(net.check("red").exit_code == 0);
  net.del("red");

  Chain none{world, {bridge(), {{"type", "bandwidth"}, {"unshapedSubnets", {"192.0.2.0/24"}}}}};
  none.add("red");
  CHECK(world.sh("tc qdisc show dev " + none.host_end("red")).find("htb") == std::string::npos);
  CHECK(none.check("red").exit_code == 0);
  none.del("red");
}

TEST_CASE("CHECK sees every drift of classes and filters") {
  World world;
  Chain net = limited(world, {{"unshapedSubnets", {"192.0.2.0/24", "2001:db8:1::/64"}}});
  for (const std::string drift :
       {"tc qdisc del dev LINK root", "tc qdisc replace dev LINK root tbf rate 8mbit burst 100000b latency 25ms",
        "tc class change dev LINK parent 1: classid 1:30 htb rate 1mbit burst 100000b",
        "tc class change dev LINK parent 1: classid 1:30 htb rate 8mbit burst 200000b",
        "tc qdisc del dev LINK parent 1:30", "tc qdisc del dev IFB parent 1:1",
        "tc filter del dev LINK parent 1: prio 16", "tc filter del dev LINK parent 1: prio 15",
        "tc filter del dev LINK parent 1:",
        "tc filter add dev LINK parent 1: prio 16 protocol ip u32 match ip src 203.0.113.0/24 flowid 1:1",
        "tc filter add dev LINK parent 1: prio 16 protocol ip u32 match ip sport 80 0xffff flowid 1:1",
        "tc filter add dev LINK parent 1: prio 9 protocol ip u32 match ip src 203.0.113.0/24 flowid 1:1",
        "tc filter add dev LINK parent 1: prio 16 protocol ip u32 match ip src 203.0.113.0/24 flowid 1:30"}) {
    net.add("red");
    REQUIRE(net.check("red").exit_code == 0);
    INFO(drift);
    world.sh("echo '" + drift + "' | sed s/LINK/" + net.host_end("red") + "/ | sed s/IFB/" + shaper(world) +
             "/ | sh -e");
    const Ran ran = net.check("red");
    INFO(ran.out);
    CHECK(ran.exit_code == 1);
    CHECK(ran.json().at("code") == 106);
    net.del("red");
  }
}

TEST_CASE("as many subnets as there may be, and no more") {
  World world;
  json subnets = json::array();
  for (int i = 0; i < 256; ++i) subnets.push_back("10." + std::to_string(i) + ".0.0/16");
  Chain net = limited(world, {{"unshapedSubnets", subnets}});
  net.add("red");
  CHECK(world.sh("tc filter show dev " + shaper(world) + " parent 1: | grep -c flowid") == "256\n");
  CHECK(net.check("red").exit_code == 0);
  net.del("red");
  subnets.push_back("11.0.0.0/16");
  Chain more = limited(world, {{"unshapedSubnets", subnets}});
  const Ran ran = more.try_add("blue");
  CHECK(ran.json().at("code") == 7);
  CHECK(ran.out.find("/unshapedSubnets") != std::string::npos);
  CHECK(more.try_del("blue").exit_code == 0);
}
