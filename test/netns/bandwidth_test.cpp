// SPDX-License-Identifier: Apache-2.0
// bandwidth, chained behind a bridge: the queues that it makes, whether packets go through them, and what is left.
#include "test/support/catch.hpp"
#include "test/support/chain.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

json bridge() {
  return {{"type", "bridge"}, {"isGateway", true}, {"ipam", {{"type", "host-local"}, {"subnet", "10.10.0.0/24"}}}};
}

const json kLimits = {
    {"ingressRate", 8000000}, {"ingressBurst", 800000}, {"egressRate", 16000000}, {"egressBurst", 1600000}};

Chain limited(World& world, json bandwidth, const std::string& version = "1.1.0") {
  bandwidth["type"] = "bandwidth";
  return Chain{world, {bridge(), std::move(bandwidth)}, "net", version};
}

std::string queues(World& world, const std::string& link) { return world.sh("tc qdisc show dev " + link); }

std::string shaper(World& world) {
  std::string name = world.sh("ip -o link show type ifb | cut -d: -f2 | tr -d ' '");
  if (!name.empty()) name.pop_back();
  return name;
}

void require_drift(Chain& net) {
  const Ran ran = net.check("red");
  INFO(ran.out);
  CHECK(ran.exit_code == 1);
  CHECK(ran.json().at("code") == 106);
}

}  // namespace

TEST_CASE("both directions are limited as configured, packets pass, CHECK agrees, DEL leaves nothing") {
  World world;
  world.netns("red");
  world.sh("ip link add cni0 type bridge && ip link set cni0 up");
  for (const std::string version : {"0.4.0", "1.1.0"}) {
    DYNAMIC_SECTION(version) {
      Chain net = limited(world, kLimits, version);
      const json result = net.add("red");
      const std::string end = net.host_end("red");
      CHECK(queues(world, end).find("tbf 1: root refcnt 2 rate 8Mbit burst 100000b lat 25") != std::string::npos);
      CHECK(queues(world, end).find("ingress ffff:") != std::string::npos);
      const std::string ifb = shaper(world);
      CHECK(queues(world, ifb).find("tbf 1: root refcnt 2 rate 16Mbit burst 200000b lat 25") != std::string::npos);
      CHECK(result.at("interfaces").back().at("name") == ifb);
      CHECK(world.ping("", net.ip("red")));
      CHECK(world.ping("red", "10.10.0.1"));
      CHECK(world.sh("tc -s qdisc show dev " + ifb).find("Sent 0 bytes") == std::string::npos);
      const Ran check = net.check("red");
      INFO(check.out);
      CHECK(check.exit_code == 0);
      net.del("red");
      net.del("red", {.with_netns = false, .with_previous = false});
      CHECK(shaper(world).empty());
    }
  }
}

TEST_CASE("one direction alone, none, and the runtime's limits") {
  World world;
  Chain ingress = limited(world, {{"ingressRate", 8000000}, {"ingressBurst", 800000}});
  ingress.add("red");
  CHECK(shaper(world).empty());
  CHECK(queues(world, ingress.host_end("red")).find("ingress") == std::string::npos);
  CHECK(ingress.check("red").exit_code == 0);
  ingress.del("red");

  Chain none = limited(world, {{"ingressRate", 0}, {"ingressBurst", 0}});
  none.add("red");
  CHECK(queues(world, none.host_end("red")).find("tbf") == std::string::npos);
  CHECK(none.check("red").exit_code == 0);
  none.del("red");

  Chain runtime = limited(world, {{"capabilities", {{"bandwidth", true}}}});
  runtime.capability_args = {{"bandwidth", {{"egressRate", 8000000}, {"egressBurst", 80000}}}};
  runtime.add("red");
  CHECK(queues(world, shaper(world)).find("rate 8Mbit burst 10000b") != std::string::npos);
  CHECK(queues(world, runtime.host_end("red")).find("tbf") == std::string::npos);
  runtime.del("red");
  CHECK(shaper(world).empty());
}

TEST_CASE("a burst passes at once, and what is beyond it at the rate") {
  World world;
  Chain net = limited(world, {{"egressRate", 800000}, {"egressBurst", 80000}});  // 100 kB/s, 10 kB
  net.add("red");
  world.sh("ip link set cni0 up");
  // A burst has room for 10 kB and 12 kB may wait: of 270 kB at once, most find no room.
  world.sh_in("red", "ping -q -l 3 -c 3 -s 972 -W 1 10.10.0.1");
  CHECK(world.sh("tc -s qdisc show dev " + shaper(world)).find("dropped 0,") != std::string::npos);
  world.sh_in("red", "bash -c 'x=$(printf %900s); for i in {1..300}; do printf %s \"$x\" >/dev/udp/10.10.0.1/9; done'");
  CHECK(world.sh("tc -s qdisc show dev " + shaper(world)).find("dropped 0,") == std::string::npos);
  net.del("red");
}

TEST_CASE("CHECK of bandwidth sees every drift") {
  World world;
  Chain net = limited(world, kLimits);
  for (const std::string drift :
       {"tc qdisc del dev END root", "tc qdisc change dev END root tbf rate 1mbit burst 100000b latency 25ms",
        "tc qdisc del dev END ingress", "tc qdisc del dev IFB root", "ip link set IFB down", "ip link del IFB"}) {
    net.add("red");
    INFO(drift);
    world.sh("run='" + drift + "'; eval \"$(echo \"$run\" | sed s/END/" + net.host_end("red") + "/ | sed s/IFB/" +
             shaper(world) + "/)\"");
    require_drift(net);
    net.del("red");
  }
}

TEST_CASE("limits that make no sense are refused where they stand, and change nothing") {
  World world;
  Chain plain{world, {bridge()}};
  plain.add("red");
  const auto before = world.snapshot();
  const auto refuse = [&](json config, int code, const std::string& pointer) {
    config.update({{"cniVersion", "1.1.0"}, {"name", "net"}, {"type", "bandwidth"}});
    if (!config.contains("prevResult")) config["prevResult"] = plain.result("red");
    const Ran ran =
        world.call({.plugin = "bandwidth", .config = config, .container = "red", .netns = world.netns("red")});
    INFO(ran.out);
    CHECK(ran.exit_code == 1);
    CHECK(ran.json().at("code") == code);
    CHECK(ran.out.find(pointer) != std::string::npos);
    CHECK(difference(before, world.snapshot()) == "");
  };
  refuse({{"ingressRate", 8000}}, 7, "/ingressBurst");
  refuse({{"egressBurst", 8000}}, 7, "/egressRate");
  refuse({{"ingressRate", 8000}, {"ingressBurst", 34359738368}}, 7, "/ingressBurst");
  refuse({{"ingressRate", -1}}, 7, "/ingressRate");
  refuse({{"runtimeConfig", {{"bandwidth", {{"egressRate", 8000}}}}}}, 7, "/runtimeConfig/bandwidth/egressBurst");
  json stranger = kLimits;
  stranger["prevResult"] = plain.result("red");
  stranger["prevResult"]["interfaces"].erase(1);
  stranger["prevResult"]["ips"][0]["interface"] = 1;
  refuse(stranger, 7, "/prevResult/interfaces");
}

TEST_CASE("two interfaces of a container on one network have a shaper each") {
  World world;
  Chain net = limited(world, kLimits);
  net.add("red");
  json second = bridge();
  second.update({{"cniVersion", "1.1.0"}, {"name", "net"}});
  Call call{.plugin = "bridge", .config = second, .container = "red", .netns = world.netns("red"), .ifname = "eth1"};
  json config = kLimits;
  config.update({{"cniVersion", "1.1.0"}, {"name", "net"}, {"type", "bandwidth"}, {"prevResult", world.add(call)}});
  Call limit{
      .plugin = "bandwidth", .config = config, .container = "red", .netns = world.netns("red"), .ifname = "eth1"};
  world.add(limit);
  world.add(limit);  // once more, as after a kill
  CHECK(world.sh("ip -o link show type ifb | wc -l") == "2\n");
  limit.command = call.command = "DEL";
  CHECK(world.call(limit).exit_code == 0);
  CHECK(world.call(call).exit_code == 0);
  CHECK(net.check("red").exit_code == 0);
  net.del("red");
  CHECK(shaper(world).empty());
}

TEST_CASE("GC removes the shapers of attachments that are gone") {
  World world;
  Chain net = limited(world, kLimits);
  net.add("red");
  net.add("blue");
  world.sh("ip link add ifb7 type ifb");
  CHECK(net.gc({"blue"}).exit_code == 0);
  CHECK(world.sh("ip -o link show type ifb | wc -l") == "2\n");
  CHECK(net.check("blue").exit_code == 0);
  net.del("blue");
  CHECK(shaper(world) == "ifb7");
}
