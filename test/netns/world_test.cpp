// SPDX-License-Identifier: Apache-2.0
// The tests' own ground: what World promises, without any plugin.
#include "test/support/world.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "test/support/catch.hpp"

using patchbay::test::Call;
using patchbay::test::difference;
using patchbay::test::World;

namespace {

unsigned long netns_inode(const std::string& path = "/proc/self/ns/net") {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_ino;
}

void cable(World& world) {
  world.netns("red");
  world.netns("blue");
  world.sh("ip link add eth0 netns red type veth peer name eth0 netns blue");
  world.sh_in("red", "ip addr add 10.0.0.1/24 dev eth0; ip addr add fd00::1/64 dev eth0 nodad; ip link set eth0 up");
  world.sh_in("blue", "ip addr add 10.0.0.2/24 dev eth0; ip addr add fd00::2/64 dev eth0 nodad; ip link set eth0 up");
}

}  // namespace

TEST_CASE("a World is a namespace of its own, with lo up and no state") {
  const auto machine = netns_inode();
  World world;
  CHECK(netns_inode() != machine);
  CHECK(world.sh("ls /sys/class/net") == "lo\n");
  CHECK(world.ping("", "127.0.0.1"));
  CHECK(world.ping("", "::1"));
  CHECK(std::filesystem::is_empty("/var/lib/cni"));
  CHECK(std::filesystem::is_empty("/run/netns"));
}

TEST_CASE("a second World in one process knows nothing of the first") {
  unsigned long first = 0, red = 0;
  {
    World world;
    first = netns_inode();
    red = netns_inode(world.netns("red"));
    std::ofstream{"/run/leftover"} << "x";
  }
  World world;
  CHECK(netns_inode() != first);
  CHECK_FALSE(std::filesystem::exists("/run/leftover"));
  CHECK(netns_inode(world.netns("red")) != red);
}

TEST_CASE("namespaces: made once, entered and left, removed") {
  World world;
  const auto host = netns_inode();
  const auto path = world.netns("red");
  CHECK(path == "/run/netns/red");
  CHECK(world.netns("red") == path);
  CHECK(netns_inode() == host);
  CHECK(netns_inode(path) != host);
  CHECK(world.ping("red", "127.0.0.1"));
  world.in("red", [&] { CHECK(netns_inode() == netns_inode(path)); });
  CHECK_THROWS(world.in("red", [] { throw std::runtime_error{"thrown"}; }));
  CHECK(netns_inode() == host);
  world.remove_netns("red");
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("echo requests, both families") {
  World world;
  cable(world);
  CHECK(world.ping("red", "10.0.0.2"));
  CHECK(world.ping("blue", "fd00::1"));
  CHECK_FALSE(world.ping_once("red", "10.0.0.3", 200));
  CHECK_FALSE(world.ping("", "10.0.0.1"));
}

TEST_CASE("servers say who asks, both families") {
  World world;
  cable(world);
  world.serve("blue", "tcp", 80, "blue");
  world.serve("blue", "udp", 53, "blue");
  REQUIRE(world.ping("red", "fd00::2"));  // IPv6 begins when the kernel has noticed the carrier
  CHECK(world.ask("red", "tcp", "10.0.0.2", 80) == "blue 10.0.0.1");
  CHECK(world.ask("red", "udp", "10.0.0.2", 53) == "blue 10.0.0.1");
  CHECK(world.ask("red", "tcp", "fd00::2", 80) == "blue fd00::1");
  CHECK(world.ask("red", "udp", "fd00::2", 53) == "blue fd00::1");
  CHECK(world.ask("red", "tcp", "10.0.0.2", 81) == std::nullopt);
  CHECK(world.ask("red", "udp", "10.0.0.2", 81) == std::nullopt);
  CHECK(world.ask("red", "tcp", "10.0.0.9", 80, 100) == std::nullopt);
}

TEST_CASE("a LAN host is reached by a cable") {
  World world;
  world.lan("office", "192.0.2.1/24", "192.0.2.2/24");
  world.lan("office", "2001:db8::1/64", "2001:db8::2/64");
  CHECK(world.ping("", "192.0.2.2"));
  CHECK(world.ping("office", "2001:db8::1"));
}

TEST_CASE("shells: exit codes, output, background") {
  World world;
  CHECK(world.try_sh("echo out; echo err >&2; exit 3").exit_code == 3);
  CHECK(world.try_sh("echo out; echo err >&2").err == "err\n");
  CHECK_THROWS(world.sh("exit 1"));
  const int pid = world.background("", "echo ready; exec cat /dev/zero >/dev/null", "ready");
  CHECK(world.output(pid) == "ready\n");
  world.stop(pid);
  CHECK(kill(pid, 0) != 0);
  CHECK_THROWS(world.background("", "echo something else", "ready"));
}

TEST_CASE("plugins see exactly the environment of a runtime") {
  World world;
  std::ofstream{"/run/spy"} << "#!/bin/sh\nenv | grep -v -e ^PWD= -e ^PATH= -e SAN_OPTIONS= | sort >&2\nexec cat\n";
  REQUIRE(chmod("/run/spy", 0755) == 0);
  const auto ran = world.call({.plugin = "spy",
                               .config = {{"a", 1}},
                               .netns = "/n",
                               .path = "/nowhere:/run",
                               .environment = {"CNI_ARGS", "EXTRA=1"}});
  CHECK(ran.exit_code == 0);
  CHECK(ran.json() == nlohmann::json{{"a", 1}});
  CHECK(ran.err ==
        "CNI_COMMAND=ADD\nCNI_CONTAINERID=c1\nCNI_IFNAME=eth0\nCNI_NETNS=/n\nCNI_PATH=/nowhere:/run\nEXTRA=1\n");
  CHECK_THROWS(world.call({.plugin = "none", .path = "/run"}));
}

TEST_CASE("large input, and none who reads it") {
  World world;
  std::ofstream{"/run/deaf"} << "#!/bin/sh\nexit 7\n";
  std::ofstream{"/run/count"} << "#!/bin/sh\nwc -c\n";
  REQUIRE(chmod("/run/deaf", 0755) == 0);
  REQUIRE(chmod("/run/count", 0755) == 0);
  const nlohmann::json config(std::string(3'000'000, 'x'));
  CHECK(world.call({.plugin = "deaf", .config = config, .path = "/run"}).exit_code == 7);
  CHECK(world.call({.plugin = "count", .config = config, .path = "/run"}).out == "3000002\n");
}

TEST_CASE("a snapshot shows every kind of change, and its undoing") {
  struct Change {
    const char *name, *make, *undo;
  };
  const auto change = GENERATE(
      Change{"host links", "ip link add br0 type bridge", "ip link del br0"},
      Change{"host links", "ip link set eth9 up", "ip link set eth9 down"},
      Change{"host addresses", "ip addr add 10.9.0.2/24 dev eth9", "ip addr del 10.9.0.2/24 dev eth9"},
      Change{"host addresses", "ip -6 addr add fd09::2/64 dev eth9", "ip addr del fd09::2/64 dev eth9"},
      Change{"host routes", "ip route add 10.99.0.0/16 dev lo", "ip route del 10.99.0.0/16"},
      Change{"host routes6", "ip -6 route add fd99::/64 dev lo", "ip -6 route del fd99::/64"},
      Change{"host rules", "ip rule add fwmark 7 table 7", "ip rule del fwmark 7"},
      Change{"host neighbours", "ip neigh add 10.9.9.9 lladdr 2:0:0:0:0:1 dev eth9", "ip neigh del 10.9.9.9 dev eth9"},
      Change{"host proxies", "ip neigh add proxy 10.9.9.9 dev eth9", "ip neigh del proxy 10.9.9.9 dev eth9"},
      Change{"host queues", "tc qdisc add dev eth9 root tbf rate 1mbit burst 10k latency 10ms",
             "tc qdisc del dev eth9 root"},
      Change{"host nft", "nft add element ip t s '{ 10.0.0.9 }'", "nft delete element ip t s '{ 10.0.0.9 }'"},
      Change{"host nft", "nft add rule ip t c counter accept", "nft flush chain ip t c"},
      Change{"red links", "ip -n red link set eth8 mtu 1400", "ip -n red link set eth8 mtu 1500"},
      Change{"file /var/lib/cni/networks/n/10.0.0.1",
             "mkdir -p /var/lib/cni/networks/n; echo c1 > /var/lib/cni/networks/n/10.0.0.1",
             "rm /var/lib/cni/networks/n/10.0.0.1"});
  World world;
  world.netns("red");
  world.sh("ip link add eth9 type veth peer name eth8 netns red");
  world.sh("nft add table ip t; nft add chain ip t c; nft add set ip t s '{ type ipv4_addr; }'");
  world.sh("nft add element ip t s '{ 10.0.0.1, 10.0.0.2, 10.0.0.3 }'");
  const auto before = world.snapshot();
  CHECK(before == world.snapshot());
  world.sh(change.make);
  const auto during = world.snapshot();
  CHECK(difference(before, during).find(change.name + std::string{":\n"}) != std::string::npos);
  world.sh(change.undo);
  CHECK(difference(before, world.snapshot()) == "");
  CHECK(before == world.snapshot());
}

TEST_CASE("a snapshot shows legacy rules and makes no tables") {
  if (const auto reason = patchbay::test::lacks_legacy_iptables()) PATCHBAY_SKIP(*reason);
  World world;
  const auto before = world.snapshot();
  CHECK(world.sh("cat /proc/net/ip_tables_names /proc/net/ip6_tables_names").empty());
  world.sh("iptables-legacy -t nat -A POSTROUTING -s 10.0.0.1 -j MASQUERADE");
  CHECK(difference(before, world.snapshot()) == "host iptables:\n+ nat -A POSTROUTING -s 10.0.0.1/32 -j MASQUERADE\n");
  world.sh("iptables-legacy -t nat -F");
  CHECK(difference(before, world.snapshot()) == "");
}

TEST_CASE("a snapshot shows connections to forwarded ports") {
  World world;
  cable(world);
  world.serve("blue", "udp", 53, "blue");
  world.sh_in("red",
              "nft add table ip t; nft add chain ip t c '{ type nat hook output priority -100; }';"
              "nft add rule ip t c udp dport 5353 dnat to 10.0.0.2:53");
  const auto before = world.snapshot();
  REQUIRE(world.ask("red", "udp", "10.0.0.2", 53) == "blue 10.0.0.1");
  CHECK(difference(before, world.snapshot()) == "");
  REQUIRE(world.ask("red", "udp", "10.0.0.77", 5353) == "blue 10.0.0.1");
  CHECK(difference(before, world.snapshot()).find("red forwarded connections") == 0);
}
