// SPDX-License-Identifier: Apache-2.0
// A runtime that never sends DEL: containers come and go, more than there are addresses.
#include "test/netns/recovery.hpp"

using namespace patchbay::test;

TEST_CASE("containers come and go without DEL, and ADD goes on for ever") {
  constexpr int kContainers = 100, kAlive = 5;  // in a range of 61
  const std::string backend = GENERATE("nftables", "iptables");
  if (backend == "iptables" && lacks_legacy_iptables()) PATCHBAY_SKIP(*lacks_legacy_iptables());
  World world;
  auto plugins = usual_plugins(backend);
  plugins[0]["ipam"]["ranges"] = {{{{"subnet", "10.10.0.0/26"}}}};
  plugins[0]["ipam"]["routes"].erase(1);
  Chain net{world, plugins};
  net.port_mappings = tcp_port(9090);
  net.add("blue");
  const auto before = world.snapshot();
  const auto name = [](int i) { return "c" + std::to_string(i); };
  for (int i = 0; i < kContainers; ++i) {
    net.port_mappings = tcp_port(8000 + i % (2 * kAlive));  // a dead one's port is taken over
    net.add(name(i));
    CHECK(net.ip(name(i)) != net.ip("blue"));
    if (i >= kAlive) world.remove_netns(name(i - kAlive));
  }
  for (int i = kContainers - kAlive; i < kContainers; ++i) CHECK(net.check(name(i)).exit_code == 0);
  CHECK(net.check("blue").exit_code == 0);
  CHECK(world.ping("", net.ip(name(kContainers - 1))));

  CHECK(net.gc({"blue"}).exit_code == 0);
  for (int i = kContainers - kAlive; i < kContainers; ++i) world.remove_netns(name(i));
  CHECK(difference(before, world.snapshot()) == "");
  CHECK(net.check("blue").exit_code == 0);
}

TEST_CASE("a runtime that has lost its cache gets rid of everything") {
  for (const Setting& setting : kSettings) {
    if (skipped(setting)) continue;
    DYNAMIC_SECTION(setting.kind << " " << setting.backend) {
      RecoveringNode node{setting};
      node.attach("red", 8080);
      SECTION("by DEL without prevResult, netns and runtimeConfig") {
        node.net.del("red", {.with_netns = false, .with_previous = false, .with_runtime_config = false});
        node.require_as_before();
      }
      SECTION("by GC with an empty list, though it lives") {
        CHECK(node.net.gc({}).exit_code == 0);
        CHECK(node.world.try_sh_in("red", "ip link show eth0").exit_code != 0);
        CHECK(node.net.check("red").exit_code == 1);
        CHECK(node.world.sh("ip -o link show type veth | grep -v lan- || true").empty());
        CHECK(node.world.sh("ls /var/lib/cni/networks/net | grep -E '^(10|fd)' || true").empty());
        CHECK(node.world.sh("nft list ruleset | grep patchbay || true").empty());
        CHECK(container_chains(node.world).empty());
      }
    }
  }
}
