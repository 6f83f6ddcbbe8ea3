// SPDX-License-Identifier: Apache-2.0
// The node is rebooted: containers, links, rules and /run are gone, what is under /var stays.
#include "test/netns/recovery.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

// Two addresses, and no more.
std::vector<json> plugins() {
  auto plugins = usual_plugins("nftables");
  plugins[0]["ipam"]["ranges"] = {
      {{{"subnet", "10.10.0.0/24"}, {"rangeStart", "10.10.0.2"}, {"rangeEnd", "10.10.0.3"}}}};
  plugins[0]["ipam"]["routes"].erase(1);
  return plugins;
}

struct Node {
  World world;
  Chain net{world, plugins()};
  int boots = 0;

  Node() {
    world.lan("lan", "192.0.2.1/24", "192.0.2.2/24");
    for (const char* name : {"red", "blue"}) net.add(name);
  }
  ~Node() { std::ignore = world.try_sh("umount -l /proc/sys/kernel/random/boot_id"); }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  void reboot(const std::vector<std::string>& containers) {
    for (const auto& name : containers) world.remove_netns(name);
    world.sh(
        "ip link del cni0; nft flush ruleset; rm -rf /run/patchbay; umount /proc/sys/kernel/random/boot_id || true");
    const std::string id = "/run/boot-" + std::to_string(++boots);
    world.sh("cat /proc/sys/kernel/random/uuid > " + id + " && mount --bind " + id +
             " /proc/sys/kernel/random/boot_id");
  }
  std::string leases() { return world.sh("cd /var/lib/cni/networks/net && grep -H . 10.* | tr -d '\\r' || true"); }
  std::string holder(const std::string& address) {
    return world.sh("head -n1 /var/lib/cni/networks/net/" + address + " | tr -d '\\r\\n'");
  }
};

}  // namespace

TEST_CASE_METHOD(Node, "after a reboot ADD takes back what nobody has any more, though the range was exhausted") {
  CHECK(net.try_add("green").json().at("code") == 102);
  reboot({"red", "blue", "green"});
  CHECK(net.status().exit_code == 0);
  for (const char* name : {"green", "white"}) {
    net.add(name);
    CHECK(net.check(name).exit_code == 0);
    CHECK(world.ping(name, "192.0.2.2"));
  }
  CHECK(net.try_add("black").json().at("code") == 102);
  CHECK(holder(net.ip("green")) == "green");
  CHECK(holder(net.ip("white")) == "white");
  CHECK(world.sh("ls /var/lib/cni/networks/.patchbay/net | wc -l") == "3\n");  // two entries, and the boot
}

TEST_CASE_METHOD(Node, "after a reboot a DEL that comes late touches nothing of who has the address now") {
  const std::string address = net.ip("red");
  reboot({"red", "blue"});
  for (const char* name : {"green", "white"}) {
    net.port_mappings = tcp_port(name == std::string{"green"} ? 8080 : 8081);
    net.add(name);
  }
  const std::string heir = holder(address);
  const auto before = world.snapshot();
  for (const auto& how : {Chain::Del{}, Chain::Del{.with_netns = false, .with_previous = false}}) {
    net.del("red", how);
    net.del("blue", how);
  }
  CHECK(difference(before, world.snapshot()) == "");
  CHECK(net.check(heir).exit_code == 0);
  CHECK(world.ping(heir, "192.0.2.2"));
}

TEST_CASE_METHOD(Node, "after a reboot CHECK of who was there before says so") {
  reboot({"red", "blue"});
  const Ran gone = net.check("red");
  CHECK(gone.exit_code == 1);
  world.netns("red");
  CHECK(net.check("red").exit_code == 1);
  net.add("green");  // takes their addresses
  const Ran without_lease = net.check("red");
  CHECK(message(without_lease).find("Failed to find address added by container red") != std::string::npos);
}

TEST_CASE_METHOD(Node, "after a reboot GC frees what is not valid, and keeps who came since") {
  reboot({"red", "blue"});
  SECTION("before anybody comes") {
    CHECK(net.gc({}).exit_code == 0);
    CHECK(leases().empty());
    net.add("green");
    CHECK(net.check("green").exit_code == 0);
  }
  SECTION("when somebody has come") {
    net.add("green");
    CHECK(net.gc({"green"}).exit_code == 0);
    CHECK(leases() == net.ip("green") + ":green\n" + net.ip("green") + ":eth0\n");
    CHECK(net.check("green").exit_code == 0);
    CHECK(world.ping("green", "192.0.2.2"));
  }
}

TEST_CASE("after a reboot the tool deletes, collects and adds as if nothing had been") {
  Node node;
  World& world = node.world;
  node.net.del("red");
  node.net.del("blue");
  json config{{"cniVersion", "1.1.0"}, {"name", "net"}, {"plugins", plugins()}};
  world.sh("mkdir -p /run/net.d && printf '%s' '" + config.dump() +
           "' > /run/net.d/10-net.conflist && cp -r /run/net.d /var/lib/cni/");
  const std::string patchbay = "NETCONFPATH=/var/lib/cni/net.d CNI_PATH=" PATCHBAY_BIN " " PATCHBAY_BIN "/patchbay ";
  for (const char* name : {"red", "blue"}) world.sh(patchbay + "add net /run/netns/" + name);
  const bool cache_is_torn = GENERATE(false, true);
  if (cache_is_torn) world.sh("for f in /var/lib/cni/results/*; do : > $f; done");
  node.reboot({"red", "blue"});
  SECTION("gc") {
    world.sh(patchbay + "gc net");
    if (!cache_is_torn) CHECK(node.leases().empty());
  }
  SECTION("del") {
    for (const char* name : {"red", "blue"}) world.sh(patchbay + "del net /run/netns/" + name);
    CHECK(node.leases().empty());
    CHECK(world.sh("ls /var/lib/cni/results").empty());
  }
  SECTION("add") {}
  for (const char* name : {"red", "blue"}) {  // the same names, the same cache files
    world.netns(name);
    world.sh(patchbay + "add net /run/netns/" + name);
    world.sh(patchbay + "check net /run/netns/" + name);
    CHECK(world.ping(name, "192.0.2.2"));
  }
  world.sh(patchbay + "gc net");
  for (const char* name : {"red", "blue"}) {
    world.sh(patchbay + "check net /run/netns/" + name);
    world.sh(patchbay + "del net /run/netns/" + name);
  }
  CHECK(node.leases().empty());
}
