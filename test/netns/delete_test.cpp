// SPDX-License-Identifier: Apache-2.0
// DEL always finishes and leaves nothing, whatever is missing by then.
#include "test/support/catch.hpp"
#include "test/support/chain.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

std::vector<json> plugins_of(const std::string& kind, const std::string& backend) {
  auto plugins = kind == "bridge" ? usual_plugins(backend) : point_to_point_plugins(backend);
  if (kind == "bridge") plugins[0]["macspoofchk"] = true;
  return plugins;
}

// A node with a healthy neighbour, and red about to come and go.
struct Node {
  World world;
  Chain net;
  std::map<std::string, std::string> before;

  Node(const std::string& kind, const std::string& backend) : net(world, plugins_of(kind, backend)) {
    world.lan("lan", "192.0.2.1/24", "192.0.2.2/24");
    world.lan("lan", "2001:db8::1/64", "2001:db8::2/64");
    net.port_mappings = {{{"hostPort", 9090}, {"containerPort", 80}, {"protocol", "tcp"}}};
    net.add("blue");
    world.serve("blue", "tcp", 80, "blue");
    world.netns("red");
    before = world.snapshot();
  }

  // red attached, with traffic through it in every direction, so that there is state to leave behind
  void attach_red() {
    net.port_mappings = {{{"hostPort", 8080}, {"containerPort", 80}, {"protocol", "tcp"}},
                         {{"hostPort", 5353}, {"containerPort", 53}, {"protocol", "udp"}}};
    net.add("red");
    world.serve("red", "udp", 53, "red");
    CHECK(world.ask("lan", "udp", "192.0.2.1", 5353));
    CHECK(world.ping("red", "192.0.2.2"));
  }

  void require_clean() {
    CHECK(difference(before, world.snapshot()) == "");
    CHECK(net.check("blue").exit_code == 0);
    CHECK(world.ask("lan", "tcp", "192.0.2.1", 9090) == "blue 192.0.2.2");
    before = world.snapshot();  // with the connection that was just made
  }
};

// Everything below runs for each of these.
struct Setting {
  std::string kind, backend;
};
const Setting kSettings[] = {{"bridge", "nftables"}, {"bridge", "iptables"}, {"ptp", "nftables"}, {"ptp", "iptables"}};

bool skipped(const Setting& setting) { return setting.backend == "iptables" && lacks_legacy_iptables(); }

}  // namespace

TEST_CASE("DEL restores the node, and can be repeated") {
  for (const Setting& setting : kSettings) {
    if (skipped(setting)) continue;
    DYNAMIC_SECTION(setting.kind << " " << setting.backend) {
      Node node{setting.kind, setting.backend};
      node.attach_red();
      node.net.del("red");
      node.require_clean();
      node.net.del("red");
      node.require_clean();
    }
  }
}

TEST_CASE("DEL before ADD changes nothing") {
  for (const Setting& setting : kSettings) {
    if (skipped(setting)) continue;
    DYNAMIC_SECTION(setting.kind << " " << setting.backend) {
      Node node{setting.kind, setting.backend};
      node.net.del("red");
      node.require_clean();
    }
  }
}

TEST_CASE("DEL cleans up whatever the runtime has lost") {
  struct Loss {
    std::string name;
    Chain::Del how;
  };
  const Loss losses[] = {
      {"no netns", {.with_netns = false}},
      {"no prevResult", {.with_previous = false}},
      {"no runtimeConfig", {.with_runtime_config = false}},
      {"nothing at all", {.with_netns = false, .with_previous = false, .with_runtime_config = false}}};
  const bool record_lost = GENERATE(false, true);
  for (const Setting& setting : kSettings) {
    if (skipped(setting)) continue;
    for (const Loss& loss : losses) {
      DYNAMIC_SECTION(setting.kind << " " << setting.backend << ", " << loss.name
                                   << (record_lost ? ", record lost" : "")) {
        Node node{setting.kind, setting.backend};
        node.attach_red();
        if (record_lost) node.world.sh("find /run/patchbay -type f -delete");
        node.net.del("red", loss.how);
        if (record_lost) {
          node.net.del("blue");  // whose record was lost as well
          node.world.remove_netns("blue");
          CHECK(node.world.sh("find /run/patchbay -type f ! -name '*.lock'") == "");
          CHECK(node.world.sh("ip -o link show type veth | grep -v lan- || true") == "");
          CHECK(node.world.sh("ls /var/lib/cni/networks/net | grep -cE '^(10|fd)' || true") == "0\n");
        } else {
          node.require_clean();
        }
      }
    }
  }
}

TEST_CASE("DEL with the namespace already gone") {
  for (const Setting& setting : kSettings) {
    if (skipped(setting)) continue;
    DYNAMIC_SECTION(setting.kind << " " << setting.backend) {
      Node node{setting.kind, setting.backend};
      node.attach_red();
      const bool plain_file_left = GENERATE(false, true);
      node.world.remove_netns("red");
      if (plain_file_left) node.world.sh("touch /run/netns/red");
      node.net.del("red");
      node.world.sh("rm -f /run/netns/red");
      node.world.netns("red");
      node.require_clean();
    }
  }
}

TEST_CASE("DEL with another container's namespace at the path by now touches nothing inside it") {
  Node node{"bridge", "nftables"};
  node.attach_red();
  node.world.remove_netns("red");
  node.world.netns("red");
  node.world.sh_in("red", "ip link add eth0 type veth peer name other");
  node.net.del("red");
  CHECK(node.world.try_sh_in("red", "ip link show eth0").exit_code == 0);
}

TEST_CASE("DEL with a configuration that was edited since ADD") {
  for (const Setting& setting : kSettings) {
    if (skipped(setting)) continue;
    DYNAMIC_SECTION(setting.kind << " " << setting.backend) {
      Node node{setting.kind, setting.backend};
      node.attach_red();
      const auto whole = node.net.plugin(0);
      node.net.plugin(0)["ipMasq"] = false;
      node.net.plugin(0)["macspoofchk"] = false;
      node.net.plugin(0)["vlan"] = 5000;  // not even valid
      node.net.plugin(0)["ipMasqBackend"] = setting.backend == "nftables" ? "iptables" : "nftables";
      node.net.plugin(1)["backend"] = node.net.plugin(0)["ipMasqBackend"];
      node.net.del("red");
      node.net.plugin(0) = whole;
      node.net.plugin(1)["backend"] = setting.backend;
      node.require_clean();
    }
  }
}

TEST_CASE("DEL with the IPAM executable missing") {
  Node node{"bridge", "nftables"};
  node.attach_red();
  node.world.sh("mkdir -p /run/bin && cp " PATCHBAY_BIN "/bridge " PATCHBAY_BIN "/portmap /run/bin/");
  node.net.del("red", {.path = "/run/bin"});
  node.require_clean();
}

TEST_CASE("DEL after the ruleset was flushed") {
  Node node{"bridge", "nftables"};
  node.attach_red();
  node.world.sh("nft flush ruleset");
  node.net.del("red");
  CHECK(node.world.sh("find /run/patchbay -type f ! -name '*.lock' | wc -l") == "2\n");  // blue's two
  CHECK(node.world.sh("ls /var/lib/cni/networks/net | grep -cE '^(10|fd)' || true") == "2\n");
}

TEST_CASE("a failed ADD leaves nothing, whichever step fails, before any DEL") {
  for (const Setting& setting : kSettings) {
    if (skipped(setting)) continue;
    DYNAMIC_SECTION(setting.kind << " " << setting.backend) {
      Node node{setting.kind, setting.backend};
      node.net.port_mappings = json::array();
      SECTION("the address pool is empty") {
        node.net.plugin(0)["ipam"]["ranges"] = {
            {{{"subnet", "10.10.0.0/24"}, {"rangeStart", "10.10.0.2"}, {"rangeEnd", "10.10.0.2"}}}};
        CHECK(node.net.try_add("red").json().at("code") == 102);
      }
      SECTION("a route that the kernel refuses") {
        node.net.plugin(0)["ipam"]["routes"] = {{{"dst", "198.51.100.0/24"}, {"gw", "203.0.113.1"}}};
        CHECK(node.net.try_add("red").json().at("code") == 100);
      }
      SECTION("no IPAM executable") {
        node.net.plugin(0)["ipam"]["type"] = "no-such-ipam";
        CHECK(node.net.try_add("red").exit_code == 1);
      }
      SECTION("an IPAM that talks nonsense") {
        node.world.sh("mkdir -p /run/bin && ln -s " PATCHBAY_BIN "/bridge " PATCHBAY_BIN
                      "/ptp /run/bin/ && "
                      "printf '#!/bin/sh\\necho nonsense\\n' > /run/bin/liar && chmod 755 /run/bin/liar");
        node.net.path = "/run/bin";
        node.net.plugin(0)["ipam"]["type"] = "liar";
        CHECK(node.net.try_add("red").json().at("code") == 105);
        node.net.path = PATCHBAY_BIN;
      }
      SECTION("the container has the interface already") {
        node.world.sh_in("red", "ip link add eth0 type veth peer name other");
        node.before = node.world.snapshot();
        CHECK(node.net.try_add("red").json().at("code") == 107);
      }
      SECTION("the host port is taken, after the main plugin succeeded") {
        node.net.port_mappings = {{{"hostPort", 9090}, {"containerPort", 80}, {"protocol", "tcp"}}};
        CHECK(node.net.try_add("red").json().at("code") == 104);
        node.net.del("red");  // as the runtime would
      }
      CHECK(difference(node.before, node.world.snapshot()) == "");
    }
  }
}

TEST_CASE("a first ADD that fails takes the bridge that it made away again") {
  World world;
  auto plugins = usual_plugins("nftables", false);
  plugins[0]["ipam"]["routes"] = {{{"dst", "198.51.100.0/24"}, {"gw", "203.0.113.1"}}};
  Chain net{world, plugins};
  CHECK(net.try_add("red").exit_code == 1);
  CHECK(world.try_sh("ip link show cni0").exit_code != 0);
}
