// SPDX-License-Identifier: Apache-2.0
// The configuration changes the backend of the packet filter while containers live.
#include "test/netns/recovery.hpp"

using namespace patchbay::test;

namespace {

void configure(Chain& net, const std::string& backend) {
  net.plugin(0)["ipMasqBackend"] = backend;
  net.plugin(1)["backend"] = backend;
}

struct Switched {
  std::string kind, from, to;
};

template <typename Work>
void for_every_switch(const Work& work) {
  if (const auto reason = lacks_legacy_iptables()) PATCHBAY_SKIP(*reason);
  for (const std::string kind : {"bridge", "ptp"}) {
    for (const auto& [from, to] : {std::pair{"nftables", "iptables"}, std::pair{"iptables", "nftables"}}) {
      DYNAMIC_SECTION(kind << ": from " << from << " to " << to) {
        RecoveringNode node{{kind, from}};
        node.attach("red", 8080);
        configure(node.net, to);
        work(node);
      }
    }
  }
}

}  // namespace

TEST_CASE("after a change of backend CHECK finds what the other one made") {
  for_every_switch([](RecoveringNode& node) {
    CHECK(node.net.check("red").exit_code == 0);
    node.attach("green", 8081);
    for (const char* name : {"red", "green", "blue"}) CHECK(node.net.check(name).exit_code == 0);
    node.require_reachable("green", 8081);
    node.require_reachable("red", 8080);
  });
}

TEST_CASE("after a change of backend DEL cleans both") {
  for_every_switch([](RecoveringNode& node) {
    const bool record_lost = GENERATE(false, true);
    if (record_lost) node.world.sh("find /run/patchbay -path '*net*' -type f -delete");
    node.attach("green", 8081);
    for (const char* name : {"red", "green", "blue"}) node.net.del(name, {.with_previous = !record_lost});
    CHECK(node.net.gc({}).exit_code == 0);
    CHECK(container_chains(node.world).empty());
    CHECK(node.world.sh("nft list ruleset | grep patchbay || true").empty());
    CHECK(node.world.sh("find /run/patchbay -type f ! -name '*.lock'").empty());
  });
}

TEST_CASE("after a change of backend GC cleans both") {
  for_every_switch([](RecoveringNode& node) {
    node.attach("green", 8081);
    CHECK(node.net.gc({"blue"}).exit_code == 0);
    CHECK(node.net.check("blue").exit_code == 0);
    CHECK(node.world.ask("lan", "tcp", "192.0.2.1", 9090) == "blue 192.0.2.2");
    CHECK(node.world.ask("lan", "tcp", "192.0.2.1", 8081, 300) == std::nullopt);
    CHECK(node.net.gc({}).exit_code == 0);
    CHECK(container_chains(node.world).empty());
    CHECK(node.world.sh("nft list ruleset | grep patchbay || true").empty());
  });
}
