// SPDX-License-Identifier: Apache-2.0
// tuning, chained behind a bridge: what it sets, puts back, refuses and misses.
#include <fstream>

#include "test/support/catch.hpp"
#include "test/support/chain.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

constexpr const char* kBackup = "/run/cni/tuning/red_eth0.json";

json bridge() {
  return {{"type", "bridge"}, {"isGateway", true}, {"ipam", {{"type", "host-local"}, {"subnet", "10.10.0.0/24"}}}};
}

Chain tuned(World& world, json tuning, const std::string& version = "1.1.0") {
  tuning["type"] = "tuning";
  return Chain{world, {bridge(), std::move(tuning)}, "net", version};
}

json link(World& world) { return json::parse(world.sh_in("red", "ip -json -details link show eth0")).at(0); }

std::string setting(World& world, const std::string& key) {
  std::string text = world.sh_in("red", "cat /proc/sys/" + key);
  text.pop_back();
  return text;
}

bool exists(World& world, const std::string& path) { return world.try_sh("test -e " + path).exit_code == 0; }

const json kEverything = {{"mac", "02:00:5e:00:00:01"},
                          {"mtu", 1400},
                          {"txQLen", 500},
                          {"promisc", true},
                          {"allmulti", true},
                          {"sysctl",
                           {{"net.ipv4.conf.IFNAME.arp_filter", "1"},
                            {"net.core.somaxconn", "500"},
                            {"net/ipv4/ip_local_port_range", "1024 65000"}}}};

}  // namespace

TEST_CASE("tuning sets attributes and settings, CHECK finds them so, DEL puts them back") {
  World world;
  for (const std::string version : {"0.4.0", "1.1.0"}) {
    DYNAMIC_SECTION(version) {
      Chain net = tuned(world, kEverything, version);
      world.netns("red");
      const std::string before = setting(world, "net/core/somaxconn");
      const json result = net.add("red");
      const json after = link(world);
      CHECK(after.at("address") == "02:00:5e:00:00:01");
      CHECK(after.at("mtu") == 1400);
      CHECK(after.at("txqlen") == 500);
      CHECK(after.at("promiscuity") == 1);
      CHECK(after.at("allmulti") == 1);
      CHECK(setting(world, "net/ipv4/conf/eth0/arp_filter") == "1");
      CHECK(setting(world, "net/core/somaxconn") == "500");
      CHECK(setting(world, "net/ipv4/ip_local_port_range") == "1024\t65000");
      CHECK(result.at("interfaces").at(2).at("mac") == "02:00:5e:00:00:01");
      CHECK(world.ping("", net.ip("red")));
      const Ran check = net.check("red");
      INFO(check.out);
      CHECK(check.exit_code == 0);
      if (version == "1.1.0") CHECK(net.status().exit_code == 0);
      CHECK(world.sh(std::string{"stat -c %a "} + kBackup) == "600\n");

      net.del("red");
      CHECK(setting(world, "net/core/somaxconn") == before);
      CHECK_FALSE(exists(world, kBackup));
    }
  }
}

TEST_CASE("DEL of tuning alone restores the interface as it was") {
  World world;
  Chain plain{world, {bridge()}};
  plain.add("red");
  const json before = link(world);
  json config = kEverything;
  config.update({{"cniVersion", "1.1.0"}, {"name", "net"}, {"type", "tuning"}, {"prevResult", plain.result("red")}});
  Call call{.plugin = "tuning", .config = config, .container = "red", .netns = world.netns("red")};
  world.add(call);
  world.add(call);  // once more: what was before stays what was before
  CHECK(link(world).at("mtu") == 1400);
  call.command = "DEL";
  CHECK(world.call(call).exit_code == 0);
  CHECK(link(world) == before);
  CHECK(setting(world, "net/ipv4/conf/eth0/arp_filter") == "0");
  CHECK(world.call(call).exit_code == 0);
}

TEST_CASE("a tuning that fails half-way has changed nothing") {
  World world;
  Chain plain{world, {bridge()}};
  plain.add("red");
  const auto before = world.snapshot();
  const auto refuse = [&](const json& tuning, int code) {
    json config = tuning;
    config.update({{"cniVersion", "1.1.0"}, {"name", "net"}, {"type", "tuning"}, {"prevResult", plain.result("red")}});
    const Ran ran = world.call({.plugin = "tuning", .config = config, .container = "red", .netns = world.netns("red")});
    INFO(tuning.dump() << ran.out);
    CHECK(ran.exit_code == 1);
    CHECK(ran.json().at("code") == code);
    CHECK(difference(before, world.snapshot()) == "");
    CHECK_FALSE(exists(world, kBackup));
  };
  refuse({{"mtu", 1400}, {"sysctl", {{"net.core.somaxconn", "500"}, {"net.nothing.like_it", "1"}}}}, 7);
  refuse({{"sysctl", {{"net.core.somaxconn", "500"}, {"net.ipv4.ip_local_port_range", "nonsense"}}}}, 108);
  refuse({{"mtu", 67}, {"sysctl", {{"net.core.somaxconn", "500"}}}}, 100);  // less than the kernel's least
  refuse({{"mac", "01:00:5e:00:00:01"}}, 7);
  for (const char* key : {"kernel.panic", "net/../kernel/panic", "net", "net.ipv4..ip_forward", "/net/core/somaxconn",
                          "net/core/", "netfoo.bar"}) {
    refuse({{"sysctl", {{key, "1"}}}}, 7);
  }
  refuse({{"sysctl", {{"net.core.somaxconn", "1"}, {"net/core/somaxconn", "2"}}}}, 7);
  refuse({{"sysctl", {{"net.core.somaxconn", "1\n2"}}}}, 7);
}

TEST_CASE("only what the allow list lets pass may be set") {
  World world;
  world.sh("mkdir -p /etc/cni/tuning");
  std::ofstream{"/etc/cni/tuning/allowlist.conf"} << "\n  ^net\\.core\\.somax(conn)$ \n";
  Chain allowed = tuned(world, {{"sysctl", {{"net.core.somaxconn", "500"}}}});
  allowed.add("red");
  allowed.del("red");
  Chain other = tuned(world, {{"sysctl", {{"net.ipv4.ip_forward", "1"}}}});
  const Ran ran = other.try_add("blue");
  CHECK(ran.json().at("code") == 7);
  CHECK(ran.out.find("/sysctl/net.ipv4.ip_forward") != std::string::npos);
  CHECK(other.status().exit_code == 1);

  std::ofstream{"/etc/cni/tuning/allowlist.conf"} << "(\n";
  CHECK(allowed.try_add("green").json().at("code") == 50);
}

TEST_CASE("CHECK of tuning sees every drift") {
  World world;
  Chain net = tuned(world, kEverything);
  net.add("red");
  for (const char* drift :
       {"ip link set eth0 mtu 1300", "ip link set eth0 txqueuelen 7", "ip link set eth0 promisc off",
        "ip link set eth0 allmulticast off", "echo 0 >/proc/sys/net/ipv4/conf/eth0/arp_filter"}) {
    INFO(drift);
    world.sh_in("red", drift);
    const Ran ran = net.check("red");
    CHECK(ran.exit_code == 1);
    CHECK(ran.json().at("code") == 106);
    net.del("red");
    net.add("red");
  }
}

TEST_CASE("DEL finishes without namespace, with another one at its path, and with a torn backup") {
  World world;
  Chain net = tuned(world, kEverything);
  net.add("red");
  world.remove_netns("red");
  net.del("red");
  CHECK_FALSE(exists(world, kBackup));

  net.add("red");
  net.add("blue");
  json config = kEverything;
  config.update({{"cniVersion", "1.1.0"}, {"name", "net"}, {"type", "tuning"}});
  const Call astray{
      .plugin = "tuning", .command = "DEL", .config = config, .container = "red", .netns = world.netns("blue")};
  CHECK(world.call(astray).exit_code == 0);
  CHECK(json::parse(world.sh_in("blue", "ip -json link show eth0")).at(0).at("mtu") == 1400);
  net.del("red");
  world.sh("truncate -s 30 /run/cni/tuning/blue_eth0.json");
  net.del("blue");
  CHECK(world.sh("ls /run/cni/tuning") == "");
}

TEST_CASE("GC forgets the backups of attachments that are gone, of this network alone") {
  World world;
  Chain net = tuned(world, kEverything);
  net.add("red");
  net.add("blue");
  world.sh("cp /run/cni/tuning/red_eth0.json /run/cni/tuning/theirs_eth0.json");
  CHECK(net.gc({"blue"}).exit_code == 0);
  CHECK(world.sh("ls /run/cni/tuning") == "blue_eth0.json\ntheirs_eth0.json\n");
  net.del("blue");
}

TEST_CASE("the strongest of the MACs that are asked for wins") {
  World world;
  Chain net = tuned(world, {{"mac", "02:00:00:00:00:01"},
                            {"capabilities", {{"mac", true}}},
                            {"args", {{"cni", {{"mac", "02:00:00:00:00:03"}, {"mtu", 1300}}}}}});
  net.plugin(1)["args"]["cni"].erase("mac");
  net.capability_args = {{"mac", "02:00:00:00:00:02"}};
  net.add("red");
  CHECK(link(world).at("address") == "02:00:00:00:00:02");
  CHECK(link(world).at("mtu") == 1300);
  net.del("red");
  net.plugin(1)["args"]["cni"]["mac"] = "02:00:00:00:00:03";
  net.add("red");
  CHECK(link(world).at("address") == "02:00:00:00:00:03");
  net.del("red");
}
