// SPDX-License-Identifier: Apache-2.0
// GC removes what has no valid attachment, and only of its own network; STATUS says why not.
#include "test/support/catch.hpp"
#include "test/support/chain.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

json port(int host_port) { return {{{"hostPort", host_port}, {"containerPort", 80}, {"protocol", "tcp"}}}; }

}  // namespace

TEST_CASE("GC removes links, rules, elements and leases of attachments that are not valid any more") {
  const std::string backend = GENERATE("nftables", "iptables");
  const std::string kind = GENERATE("bridge", "ptp");
  const bool records_lost = GENERATE(false, true);
  if (backend == "iptables" && lacks_legacy_iptables()) PATCHBAY_SKIP(*lacks_legacy_iptables());
  INFO(kind << " " << backend << (records_lost ? ", records lost" : ""));
  World world;
  auto plugins = kind == "bridge" ? usual_plugins(backend) : point_to_point_plugins(backend);
  Chain net{world, plugins};
  auto other_plugins = plugins;
  other_plugins[0]["ipam"]["ranges"] = {{{{"subnet", "10.20.0.0/24"}}}};
  if (kind == "bridge") other_plugins[0]["bridge"] = "cni1";
  Chain other{world, other_plugins, "other"};
  other.port_mappings = port(7070);
  other.add("white");
  net.port_mappings = port(9090);
  net.add("blue");
  for (const std::string name : {"red", "green"}) world.netns(name);
  const auto before = world.snapshot();

  net.port_mappings = port(8080);
  net.add("red");
  net.port_mappings = port(8081);
  net.add("green");
  world.remove_netns("green");  // and DEL never comes
  if (records_lost) world.sh("rm -rf /run/patchbay/*/net");
  const Ran ran = net.gc({"blue"});
  INFO(ran.out);
  CHECK(ran.exit_code == 0);
  world.netns("green");
  if (!records_lost) CHECK(difference(before, world.snapshot()) == "");
  CHECK(world.try_sh_in("red", "ip link show eth0").exit_code != 0);
  CHECK(world.sh("ls /var/lib/cni/networks/net | grep -cE '^(10|fd)' || true") == "2\n");
  CHECK(net.check("blue").exit_code == 0);
  CHECK(other.check("white").exit_code == 0);
  net.port_mappings = port(8080);
  net.add("green");  // address and port are free again
}

TEST_CASE("GC with an empty list removes all of this network, and nothing of others") {
  World world;
  Chain net{world, usual_plugins("nftables", false)};
  auto others = usual_plugins("nftables", false);
  others[0]["bridge"] = "cni1";
  others[0]["ipam"]["ranges"] = {{{{"subnet", "10.20.0.0/24"}}}};
  Chain other{world, others, "other"};
  net.add("red");
  other.add("white");
  CHECK(net.gc({}).exit_code == 0);
  CHECK(world.try_sh_in("red", "ip link show eth0").exit_code != 0);
  CHECK(other.check("white").exit_code == 0);
}

TEST_CASE("GC without a list is refused and removes nothing") {
  World world;
  Chain net{world, usual_plugins("nftables")};
  net.port_mappings = port(8080);
  net.add("red");
  for (std::size_t i : {0U, 1U}) {
    json config = net.plugin(i);
    config["name"] = "net";
    config["cniVersion"] = "1.1.0";
    const Ran ran = world.call({.plugin = config.at("type"), .command = "GC", .config = config});
    CHECK(ran.exit_code == 1);
    CHECK(ran.json().at("code") == 7);
  }
  CHECK(net.check("red").exit_code == 0);
}

TEST_CASE("STATUS of a node that is ready succeeds and changes nothing") {
  World world;
  Chain net{world, usual_plugins("")};
  const auto before = world.snapshot();
  const Ran ran = net.status();
  INFO(ran.out);
  CHECK(ran.exit_code == 0);
  CHECK(ran.out.empty());
  CHECK(difference(before, world.snapshot()) == "");
}

TEST_CASE("STATUS says why not") {
  World world;
  auto plugins = usual_plugins("");
  SECTION("the address pool is exhausted") {
    plugins[0]["ipam"]["ranges"] = {
        {{{"subnet", "10.10.0.0/24"}, {"rangeStart", "10.10.0.2"}, {"rangeEnd", "10.10.0.2"}}}};
    Chain net{world, plugins};
    net.add("red");
    const Ran ran = net.status();
    CHECK(ran.json().at("code") == 50);
    CHECK(ran.json().at("msg").get<std::string>().find("10.10.0.2") != std::string::npos);
  }
  SECTION("the IPAM plugin is not there") {
    plugins[0]["ipam"]["type"] = "no-such-ipam";
    Chain net{world, plugins};
    CHECK(net.status().json().at("code") == 50);
  }
  SECTION("the bridge's name belongs to something else") {
    world.sh("ip link add cni0 type veth peer name other");
    Chain net{world, plugins};
    CHECK(net.status().json().at("code") == 50);
  }
  SECTION("forwarding cannot be switched on") {
    world.sh(
        "sysctl -qw net.ipv4.ip_forward=0 && mount --bind /proc/sys /proc/sys && "
        "mount -o remount,ro,bind /proc/sys");
    Chain net{world, plugins};
    const Ran ran = net.status();
    world.sh("umount /proc/sys");
    CHECK(ran.json().at("code") == 50);
    CHECK(ran.json().at("msg").get<std::string>().find("forwarding") != std::string::npos);
  }
}
