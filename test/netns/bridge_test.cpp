// SPDX-License-Identifier: Apache-2.0
// Containers on a bridge: who reaches whom, and what the bridge looks like.
#include <set>

#include "test/support/catch.hpp"
#include "test/support/chain.hpp"

using namespace patchbay::test;
using nlohmann::json;

TEST_CASE("four containers on a bridge reach each other, each behind its own port") {
  World world;
  Chain net{world, usual_plugins("", false)};
  const std::vector<std::string> names{"red", "green", "blue", "white"};
  for (const auto& name : names) net.add(name);
  for (const auto& from : names) {
    for (const auto& to : names) {
      if (from == to) continue;
      INFO(from << " to " << to);
      CHECK(world.ping_once(from, net.ip(to)));
      CHECK(world.ping(from, net.ip(to, 6)));
    }
  }
  for (const auto& name : names) {
    const std::string entry = world.sh("bridge fdb show br cni0 | grep -i " + net.mac(name));
    INFO(entry);
    CHECK(entry.find("dev " + net.host_end(name)) != std::string::npos);
  }
}

TEST_CASE("the host reaches containers by the bridge's address, and without it cannot") {
  World world;
  auto plugins = usual_plugins("", false);
  const bool gateway = GENERATE(true, false);
  plugins[0]["isGateway"] = gateway;
  plugins[0]["ipMasq"] = false;
  Chain net{world, plugins};
  net.add("red");
  net.add("blue");
  CHECK(world.ping("red", net.ip("blue")));
  CHECK(world.ping_once("", net.ip("red"), gateway ? 2000 : 500) == gateway);
  CHECK(world.ping_once("red", "10.10.0.1", gateway ? 2000 : 500) == gateway);
}

TEST_CASE("a bridge without IPAM is plain layer 2") {
  World world;
  Chain net{world, {{{"type", "bridge"}, {"bridge", "l2"}}}};
  const json result = net.add("red");
  net.add("blue");
  CHECK_FALSE(result.contains("ips"));
  world.sh_in("red", "ip addr add 192.0.2.1/24 dev eth0");
  world.sh_in("blue", "ip addr add 192.0.2.2/24 dev eth0");
  CHECK(world.ping("red", "192.0.2.2"));
  CHECK(net.check("red").exit_code == 0);
}

TEST_CASE("disableContainerInterface leaves the container's end down") {
  World world;
  Chain net{world, {{{"type", "bridge"}, {"bridge", "l2"}, {"disableContainerInterface", true}}}};
  net.add("red");
  CHECK(world.sh_in("red", "ip -o link show eth0").find("state DOWN") != std::string::npos);
  CHECK(net.check("red").exit_code == 0);
}

TEST_CASE("the bridge's MAC is fixed at birth and stays through comings and goings") {
  World world;
  Chain net{world, usual_plugins("", false)};
  std::set<std::string> seen;
  for (int i = 0; i < 6; ++i) {
    net.add("c" + std::to_string(i));
    seen.insert(world.sh("cat /sys/class/net/cni0/address"));
  }
  for (int i = 0; i < 6; ++i) {
    net.del("c" + std::to_string(i));
    seen.insert(world.sh("cat /sys/class/net/cni0/address"));
  }
  CHECK(seen.size() == 1);
  CHECK(world.sh("cat /sys/class/net/cni0/addr_assign_type") == "3\n");  // NET_ADDR_SET
}

TEST_CASE("router advertisements are refused on the bridge and on every port") {
  World world;
  Chain net{world, usual_plugins("", false)};
  net.add("red");
  CHECK(world.sh("cat /proc/sys/net/ipv6/conf/cni0/accept_ra") == "0\n");
  CHECK(world.sh("cat /proc/sys/net/ipv6/conf/" + net.host_end("red") + "/accept_ra") == "0\n");
}

TEST_CASE("ADD fails closed when router advertisements cannot be refused") {
  World world;
  Chain net{world, usual_plugins("", false)};
  net.add("red");  // the bridge is there and safe
  world.netns("blue");
  const auto before = world.snapshot();
  world.sh("mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys");
  const Ran ran = net.try_add("blue");
  world.sh("umount /proc/sys");
  INFO(ran.out);
  CHECK(ran.exit_code == 1);
  CHECK(ran.json().at("code") == 108);
  CHECK(difference(before, world.snapshot()) == "");
}

TEST_CASE("hairpin, isolation, promiscuity, MTU and MAC reach the kernel and are seen by CHECK") {
  World world;
  auto plugins = usual_plugins("", false);
  plugins[0]["mtu"] = 1400;
  plugins[0]["portIsolation"] = true;
  const bool hairpin = GENERATE(true, false);
  plugins[0][hairpin ? "hairpinMode" : "promiscMode"] = true;
  Chain net{world, plugins};
  net.capability_args = {{"mac", "02:11:22:33:44:55"}};
  const json result = net.add("red");
  CHECK(net.mac("red") == "02:11:22:33:44:55");
  CHECK(result.at("interfaces").at(2).at("mtu") == 1400);
  const auto port = json::parse(world.sh("ip -j -d link show " + net.host_end("red")))[0];
  CHECK(port.at("mtu") == 1400);
  CHECK(port.at("linkinfo").at("info_slave_data").at("hairpin") == hairpin);
  CHECK(port.at("linkinfo").at("info_slave_data").at("isolated") == true);
  CHECK((world.sh("ip -o link show cni0").find("PROMISC") != std::string::npos) == !hairpin);
  CHECK(json::parse(world.sh_in("red", "ip -j link show eth0"))[0].at("address") == "02:11:22:33:44:55");
  CHECK(net.check("red").exit_code == 0);
}

TEST_CASE("isolated ports reach the host but not each other") {
  World world;
  auto plugins = usual_plugins("", false);
  plugins[0]["portIsolation"] = true;
  Chain net{world, plugins};
  net.add("red");
  net.add("blue");
  CHECK(world.ping("red", "10.10.0.1"));
  CHECK_FALSE(world.ping_once("red", net.ip("blue"), 500));
}

TEST_CASE("a frame with another MAC than its own does not leave a container under macspoofchk") {
  World world;
  auto plugins = usual_plugins("", false);
  plugins[0]["macspoofchk"] = true;
  Chain net{world, plugins};
  net.add("red");
  net.add("blue");
  CHECK(world.ping("red", net.ip("blue")));
  world.sh_in("red", "ip link set eth0 address 02:de:ad:be:ef:01");
  CHECK_FALSE(world.ping_once("red", net.ip("blue"), 500));
}

TEST_CASE("an existing bridge is used as it is; something else of that name is refused") {
  World world;
  Chain net{world, usual_plugins("", false)};
  SECTION("a bridge") {
    world.sh("ip link add cni0 type bridge && ip link set cni0 mtu 1450");
    net.add("red");
    CHECK(world.ping("", net.ip("red")));
    CHECK(world.sh("cat /sys/class/net/cni0/mtu") == "1450\n");
  }
  SECTION("something else") {
    world.sh("ip link add cni0 type veth peer name other");
    world.netns("red");
    const auto before = world.snapshot();
    const Ran ran = net.try_add("red");
    CHECK(ran.json().at("code") == 109);
    CHECK(difference(before, world.snapshot()) == "");
  }
}

TEST_CASE("a bridge that has another address is a conflict, unless forceAddress replaces it") {
  World world;
  world.sh(
      "ip link add cni0 address 02:00:00:00:00:01 type bridge && ip link set cni0 up && "
      "ip addr add 192.0.2.1/24 dev cni0");
  auto plugins = usual_plugins("", false);
  const bool force = GENERATE(true, false);
  plugins[0]["forceAddress"] = force;
  Chain net{world, plugins};
  world.netns("red");
  const auto before = world.snapshot();
  const Ran ran = net.try_add("red");
  if (force) {
    CHECK(ran.exit_code == 0);
    CHECK(world.sh("ip -4 -o addr show cni0").find("192.0.2.1") == std::string::npos);
  } else {
    CHECK(ran.json().at("code") == 109);
    CHECK(difference(before, world.snapshot()) == "");
  }
}

TEST_CASE("a second ADD of the same attachment is refused and changes nothing") {
  World world;
  Chain net{world, usual_plugins("", false)};
  net.add("red");
  const auto before = world.snapshot();
  const Ran ran = net.try_add("red");
  CHECK(ran.exit_code == 1);
  CHECK(ran.json().at("code") == 107);
  CHECK(difference(before, world.snapshot()) == "");
}

TEST_CASE("two interfaces of one container on one network come and go independently") {
  World world;
  const json config = [] {
    json bridge = usual_plugins("", false)[0];
    bridge["name"] = "net";
    bridge["cniVersion"] = "1.1.0";
    return bridge;
  }();
  const std::string netns = world.netns("red");
  Call call{.plugin = "bridge", .config = config, .container = "red", .netns = netns};
  world.add(call);
  const auto before = world.snapshot();
  call.ifname = "eth1";
  world.add(call);
  call.command = "DEL";
  CHECK(world.call(call).exit_code == 0);
  CHECK(difference(before, world.snapshot()) == "");
}
