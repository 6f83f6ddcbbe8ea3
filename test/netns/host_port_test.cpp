// SPDX-License-Identifier: Apache-2.0
// A way in: host ports, from everywhere, in both families, through both backends.
#include "test/support/catch.hpp"
#include "test/support/chain.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

json mapping(int host_port, int container_port, const std::string& protocol = "tcp", const std::string& host_ip = {}) {
  json port{{"hostPort", host_port}, {"containerPort", container_port}, {"protocol", protocol}};
  if (!host_ip.empty()) port["hostIP"] = host_ip;
  return port;
}

// The node between containers and a LAN host, with red serving ports 80/tcp and 53/udp.
struct Node {
  World world;
  Chain net;

  explicit Node(const std::string& backend, const std::string& kind = "bridge", json ports = nullptr)
      : Node(kind == "bridge" ? usual_plugins : point_to_point_plugins, backend, std::move(ports)) {}

  using Plugins = std::vector<json> (*)(const std::string& backend, bool with_portmap);
  Node(Plugins plugins, const std::string& backend, json ports)
      : net(world, plugins(world.prepare_for(backend), true)) {
    world.lan("lan", "192.0.2.1/24", "192.0.2.2/24");
    world.lan("lan", "2001:db8::1/64", "2001:db8::2/64");
    net.port_mappings = ports.is_null() ? json{mapping(8080, 80), mapping(5353, 53, "udp")} : std::move(ports);
    net.add("red");
    net.port_mappings = json::array();
    world.serve("red", "tcp", 80, "red");
    world.serve("red", "udp", 53, "red");
  }
  bool reaches_red(const std::string& from, const std::string& protocol, const std::string& ip, int port,
                   int milliseconds = 1500) {
    const auto answer = world.ask(from, protocol, ip, port, milliseconds);
    return answer && answer->starts_with("red ");
  }
};

bool skip_iptables(const std::string& backend) { return backend == "iptables" && lacks_legacy_iptables(); }

}  // namespace

TEST_CASE("the LAN host reaches a container through the node's port and is seen with its own address") {
  const std::string backend = GENERATE("nftables", "iptables", "iptables-nft");
  const std::string kind = GENERATE("bridge", "ptp");
  if (skip_iptables(backend)) PATCHBAY_SKIP(*lacks_legacy_iptables());
  INFO(backend << " " << kind);
  Node node{backend, kind};
  CHECK(node.world.ask("lan", "tcp", "192.0.2.1", 8080) == "red 192.0.2.2");
  CHECK(node.world.ask("lan", "udp", "192.0.2.1", 5353) == "red 192.0.2.2");
  CHECK(node.world.ask("lan", "tcp", "2001:db8::1", 8080) == "red 2001:db8::2");
  CHECK(node.world.ask("lan", "udp", "2001:db8::1", 5353) == "red 2001:db8::2");
  CHECK(node.net.check("red").exit_code == 0);
}

TEST_CASE("traffic through the node to somebody else's port is untouched") {
  const std::string backend = GENERATE("nftables", "iptables", "iptables-nft");
  if (skip_iptables(backend)) PATCHBAY_SKIP(*lacks_legacy_iptables());
  Node node{backend};
  node.world.lan("far", "198.51.100.1/24", "198.51.100.2/24");
  node.world.sh_in("far", "ip route add default via 198.51.100.1");
  node.world.sh_in("lan", "ip route add 198.51.100.0/24 via 192.0.2.1");
  node.world.serve("far", "tcp", 8080, "far");
  node.world.serve("far", "udp", 5353, "far");
  CHECK(node.world.ask("lan", "tcp", "198.51.100.2", 8080) == "far 192.0.2.2");
  CHECK(node.world.ask("lan", "udp", "198.51.100.2", 5353) == "far 192.0.2.2");
  // and so is what a container sends to a foreign host's port of that number
  const auto answer = node.world.ask("red", "tcp", "198.51.100.2", 8080);
  REQUIRE(answer);
  CHECK(answer->starts_with("far "));
}

TEST_CASE("the node itself, the container itself and a sibling use the host port") {
  const std::string backend = GENERATE("nftables", "iptables", "iptables-nft");
  const std::string kind = GENERATE("bridge", "ptp");
  if (skip_iptables(backend)) PATCHBAY_SKIP(*lacks_legacy_iptables());
  INFO(backend << " " << kind);
  Node node{backend, kind};
  node.net.add("blue");
  for (const std::string from : {"", "red", "blue"}) {
    INFO("from " << (from.empty() ? "the node" : from));
    CHECK(node.reaches_red(from, "tcp", "192.0.2.1", 8080));
    CHECK(node.reaches_red(from, "udp", "192.0.2.1", 5353));
    CHECK(node.reaches_red(from, "tcp", "2001:db8::1", 8080));
    CHECK(node.reaches_red(from, "udp", "2001:db8::1", 5353));
  }
  CHECK(node.reaches_red("", "tcp", "127.0.0.1", 8080));
  CHECK(node.reaches_red("", "udp", "127.0.0.1", 5353));
}

TEST_CASE("with snat off only remote hosts and the node's own address lead in") {
  World world;
  auto plugins = usual_plugins("nftables");
  plugins[1]["snat"] = false;
  Chain net{world, plugins};
  world.lan("lan", "192.0.2.1/24", "192.0.2.2/24");
  net.port_mappings = json::array({mapping(8080, 80)});
  net.add("red");
  world.serve("red", "tcp", 80, "red");
  CHECK(world.ask("lan", "tcp", "192.0.2.1", 8080) == "red 192.0.2.2");
  CHECK(world.sh("cat /proc/sys/net/ipv4/conf/cni0/route_localnet") == "0\n");
  CHECK(net.check("red").exit_code == 0);
}

TEST_CASE("masqAll hides who asked") {
  const std::string backend = GENERATE("nftables", "iptables", "iptables-nft");
  if (skip_iptables(backend)) PATCHBAY_SKIP(*lacks_legacy_iptables());
  World world;
  auto plugins = usual_plugins(world.prepare_for(backend));
  plugins[1]["masqAll"] = true;
  Chain net{world, plugins};
  world.lan("lan", "192.0.2.1/24", "192.0.2.2/24");
  net.port_mappings = json::array({mapping(8080, 80)});
  net.add("red");
  world.serve("red", "tcp", 80, "red");
  CHECK(world.ask("lan", "tcp", "192.0.2.1", 8080) == "red 10.10.0.1");
}

TEST_CASE("a port bound to one host address answers there only") {
  const std::string backend = GENERATE("nftables", "iptables", "iptables-nft");
  if (skip_iptables(backend)) PATCHBAY_SKIP(*lacks_legacy_iptables());
  Node node{backend,
            "bridge",
            {mapping(8080, 80, "tcp", "192.0.2.1"), mapping(8081, 80, "tcp", "2001:db8::1"),
             mapping(8082, 80, "tcp", "127.0.0.1")}};
  node.world.sh("ip addr add 192.0.2.9/24 dev lan-lan");
  CHECK(node.reaches_red("lan", "tcp", "192.0.2.1", 8080));
  CHECK_FALSE(node.reaches_red("lan", "tcp", "192.0.2.9", 8080, 400));
  CHECK(node.reaches_red("lan", "tcp", "2001:db8::1", 8081));
  CHECK_FALSE(node.reaches_red("lan", "tcp", "192.0.2.1", 8081, 400));
  CHECK(node.reaches_red("", "tcp", "127.0.0.1", 8082));
  CHECK_FALSE(node.reaches_red("lan", "tcp", "192.0.2.1", 8082, 400));
  CHECK(node.net.check("red").exit_code == 0);
}

TEST_CASE("conditions restrict who may use a port") {
  const std::string backend = GENERATE("nftables", "iptables", "iptables-nft");
  if (skip_iptables(backend)) PATCHBAY_SKIP(*lacks_legacy_iptables());
  World world;
  auto plugins = usual_plugins(world.prepare_for(backend));
  plugins[1]["conditionsV4"] = backend == "nftables" ? json{"ip", "saddr", "192.0.2.2"} : json{"-s", "192.0.2.2/32"};
  Chain net{world, plugins};
  world.lan("lan", "192.0.2.1/24", "192.0.2.2/24");
  world.sh_in("lan", "ip addr add 192.0.2.3/24 dev eth0");
  net.port_mappings = json::array({mapping(8080, 80)});
  net.add("red");
  world.serve("red", "tcp", 80, "red");
  CHECK(world.ask("lan", "tcp", "192.0.2.1", 8080) == "red 192.0.2.2");
  world.sh_in("lan", "ip addr del 192.0.2.2/24 dev eth0 && ip addr add 192.0.2.3/24 dev eth0 || true");
  CHECK_FALSE(world.ask("lan", "tcp", "192.0.2.1", 8080, 500));
  CHECK(net.check("red").exit_code == 0);
}

TEST_CASE("a host port that another live container owns is refused, naming it, and nothing changes") {
  const std::string backend = GENERATE("nftables", "iptables", "iptables-nft");
  if (skip_iptables(backend)) PATCHBAY_SKIP(*lacks_legacy_iptables());
  const json wanted = GENERATE(mapping(8080, 80), mapping(8080, 81, "tcp", "192.0.2.1"));
  Node node{backend};
  auto plugins = usual_plugins(node.world.prepare_for(backend));
  Chain bare{node.world, {plugins[0]}};
  bare.add("blue");
  const auto before = node.world.snapshot();
  json config = plugins[1];
  config["name"] = "net";
  config["cniVersion"] = "1.1.0";
  config["prevResult"] = bare.result("blue");
  config["runtimeConfig"]["portMappings"] = json::array({wanted});
  const Ran ran =
      node.world.call({.plugin = "portmap", .config = config, .container = "blue", .netns = "/run/netns/blue"});
  CHECK(ran.exit_code == 1);
  INFO(ran.out);
  CHECK(ran.json().at("code") == 104);
  CHECK(ran.json().at("msg").get<std::string>().find("red") != std::string::npos);
  CHECK(difference(before, node.world.snapshot()) == "");
}

TEST_CASE("a container on two networks keeps its host port until it has left both") {
  const std::string backend = GENERATE("nftables", "iptables");
  const bool first_goes_first = GENERATE(true, false);
  if (skip_iptables(backend)) PATCHBAY_SKIP(*lacks_legacy_iptables());
  Node node{backend};
  auto plugins = usual_plugins(backend);
  plugins[0].update({{"bridge", "cni1"}, {"ipam", {{"type", "host-local"}, {"subnet", "10.89.0.0/24"}}}});
  plugins[0]["ipam"]["routes"] = json::array({{{"dst", "0.0.0.0/0"}}});
  for (json& plugin : plugins) plugin.update({{"name", "other"}, {"cniVersion", "1.1.0"}});
  Call call{.plugin = "bridge", .config = plugins[0], .container = "red", .netns = "/run/netns/red", .ifname = "eth1"};
  plugins[1]["prevResult"] = node.world.add(call);
  plugins[1]["runtimeConfig"]["portMappings"] = json::array({mapping(8080, 80)});
  call.plugin = "portmap";
  call.config = plugins[1];
  node.world.add(call);
  const auto leave_other = [&] {
    call.command = "DEL";
    for (const json& plugin : {plugins[1], plugins[0]}) {
      call.plugin = plugin["type"];
      call.config = plugin;
      CHECK(node.world.call(call).exit_code == 0);
    }
  };
  CHECK(node.reaches_red("lan", "tcp", "192.0.2.1", 8080));
  call.command = "CHECK";
  CHECK(node.world.call(call).exit_code == 0);
  CHECK(node.net.check("red").exit_code == 0);
  first_goes_first ? node.net.del("red") : leave_other();
  CHECK(node.reaches_red("lan", "tcp", "192.0.2.1", 8080));
  CHECK((first_goes_first ? node.world.call(call) : node.net.check("red")).exit_code == 0);
  first_goes_first ? leave_other() : node.net.del("red");
  CHECK_FALSE(node.reaches_red("lan", "tcp", "192.0.2.1", 8080, 500));
}

TEST_CASE("the host port of a container that is gone without DEL goes to the next owner") {
  if (!is_root()) PATCHBAY_SKIP("only root can look into every process to prove that a namespace is gone");
  Node node{"nftables"};
  node.world.remove_netns("red");
  node.world.sh("ip link del " + node.net.host_end("red"));
  node.net.port_mappings = json::array({mapping(8080, 80)});
  node.net.add("blue");
  node.world.serve("blue", "tcp", 80, "blue");
  const auto answer = node.world.ask("lan", "tcp", "192.0.2.1", 8080);
  REQUIRE(answer);
  CHECK(answer->starts_with("blue "));
}

TEST_CASE("address and host port reused at once: the first packet arrives") {
  const std::string backend = GENERATE("nftables", "iptables", "iptables-nft");
  if (skip_iptables(backend)) PATCHBAY_SKIP(*lacks_legacy_iptables());
  World world;
  auto plugins = usual_plugins(world.prepare_for(backend));
  plugins[0]["ipam"]["ranges"] = {
      {{{"subnet", "10.10.0.0/24"}, {"rangeStart", "10.10.0.5"}, {"rangeEnd", "10.10.0.6"}}},
      {{{"subnet", "fd10::/64"}, {"rangeStart", "fd10::5"}, {"rangeEnd", "fd10::6"}}}};
  Chain net{world, plugins};
  world.lan("lan", "192.0.2.1/24", "192.0.2.2/24");
  net.add("neighbour");
  net.port_mappings = {mapping(8080, 80), mapping(5353, 53, "udp")};
  for (int round = 0; round < 5; ++round) {
    INFO("round " << round);
    const std::string name = "c" + std::to_string(round);
    net.add(name);
    CHECK(net.ip(name) == "10.10.0.6");
    CHECK(world.ping_once("neighbour", "10.10.0.6", 500));  // warm ARP cache from the second round on
    CHECK(world.ping_once("neighbour", "fd10::6", 500));
    world.serve(name, "udp", 53, name);
    world.serve(name, "tcp", 80, name);
    // the same client and destination port: a stale conntrack entry would swallow it
    const auto udp = world.ask("lan", "udp", "192.0.2.1", 5353, 500);
    REQUIRE(udp);
    CHECK(udp->starts_with(name + " "));
    const auto tcp = world.ask("lan", "tcp", "192.0.2.1", 8080, 500);
    REQUIRE(tcp);
    CHECK(tcp->starts_with(name + " "));
    net.del(name);
    world.remove_netns(name);
  }
}

TEST_CASE("portmap CHECK passes for a container with IPv4 only") {
  const std::string backend = GENERATE("nftables", "iptables", "iptables-nft");
  if (skip_iptables(backend)) PATCHBAY_SKIP(*lacks_legacy_iptables());
  World world;
  auto plugins = usual_plugins(world.prepare_for(backend));
  plugins[0]["ipam"]["ranges"] = {{{{"subnet", "10.10.0.0/24"}}}};
  plugins[0]["ipam"]["routes"] = {{{"dst", "0.0.0.0/0"}}};
  Chain net{world, plugins};
  net.port_mappings = json::array({mapping(8080, 80)});
  net.add("red");
  CHECK(net.check("red").exit_code == 0);
}

TEST_CASE("bad port mappings are refused with the place that is wrong") {
  World world;
  struct Case {
    json ports;
    std::string pointer;
  };
  const auto [ports, pointer] =
      GENERATE(Case{json::array({mapping(0, 80)}), "/runtimeConfig/portMappings/0/hostPort"},
               Case{{mapping(80, 80), mapping(70000, 80)}, "/runtimeConfig/portMappings/1/hostPort"},
               Case{json::array({mapping(80, -1)}), "/runtimeConfig/portMappings/0/containerPort"},
               Case{json::array({mapping(80, 80, "icmp")}), "/runtimeConfig/portMappings/0/protocol"},
               Case{json::array({mapping(80, 80, "tcp", "127.0.0.l")}), "/runtimeConfig/portMappings/0/hostIP"},
               Case{{mapping(80, 80), mapping(80, 81)}, "/runtimeConfig/portMappings/1"});
  Chain bare{world, {usual_plugins("")[0]}};
  bare.add("red");
  const auto before = world.snapshot();
  json config{{"cniVersion", "1.1.0"}, {"name", "net"}, {"type", "portmap"}, {"prevResult", bare.result("red")}};
  config["runtimeConfig"]["portMappings"] = ports;
  const Ran ran = world.call({.plugin = "portmap", .config = config, .container = "red", .netns = "/run/netns/red"});
  CHECK(ran.exit_code == 1);
  CHECK(ran.json().at("code") == 7);
  CHECK(ran.json().at("details").get<std::string>().find("at " + pointer) != std::string::npos);
  CHECK(difference(before, world.snapshot()) == "");
}
