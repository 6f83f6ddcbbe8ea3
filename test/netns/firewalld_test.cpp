// SPDX-License-Identifier: Apache-2.0
// The plugin firewall and firewalld, which is played here; test/clients has the real one.
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "test/netns/audit.hpp"
#include "test/support/fake_firewalld.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

std::vector<json> guarded_plugins(json more = json::object()) {
  auto plugins = usual_plugins("nftables", false);
  more["type"] = "firewall";
  plugins.push_back(std::move(more));
  return plugins;
}

struct Firewalled {
  World world;
  FakeFirewalld firewalld{kUsualBus};
  Firewalled() { world.sh("nft add table inet firewalld"); }
  bool filter_accepts() {
    return world.try_sh("nft list set inet patchbay forwarded4").out.find("10.10") != std::string::npos;
  }
};

using Zones = FakeFirewalld::Zones;
const Zones kRed{{"10.10.0.2/32", "trusted"}, {"fd10::2/128", "trusted"}};

}  // namespace

TEST_CASE("firewalld: its zone accepts where it runs, whatever DEL is told") {
  Firewalled node;
  Chain net{node.world, guarded_plugins()};
  const bool with_previous = GENERATE(true, false);
  net.add("red");
  CHECK(node.firewalld.zones() == kRed);
  CHECK_FALSE(node.filter_accepts());
  CHECK(net.check("red").exit_code == 0);
  CHECK(net.status().exit_code == 0);
  node.firewalld.set_zones({});
  const Ran check = net.check("red");
  CHECK(check.json().at("code") == 106);
  CHECK(check.out.find("zone trusted lacks source 10.10.0.2/32") != std::string::npos);
  node.firewalld.set_zones(kRed);
  net.del("red", {.with_previous = with_previous});
  CHECK(node.firewalld.zones().empty());
  net.del("red");
}

TEST_CASE("firewalld: where it keeps another namespace, or nothing is said, or another backend is, it is not asked") {
  World world;
  FakeFirewalld firewalld{kUsualBus};
  Chain net{world, guarded_plugins()};
  net.add("red");
  CHECK(firewalld.zones().empty());
  world.sh("nft add table inet firewalld");
  CHECK(net.check("red").exit_code == 0);  // what ADD has chosen stays
  net.del("red");
  Chain configured{world, guarded_plugins({{"backend", "nftables"}})};
  configured.add("blue");
  CHECK(firewalld.zones().empty());
  configured.del("blue");
}

TEST_CASE("firewalld: an address of two attachments stays until the last has gone") {
  Firewalled node;
  auto plugins = guarded_plugins();
  Chain one{node.world, plugins, "one"};
  plugins[0]["bridge"] = "cni1";
  plugins[0]["isGateway"] = false;
  plugins[0]["ipMasq"] = false;
  Chain two{node.world, plugins, "two"};
  one.add("red");
  two.add("blue");
  REQUIRE(one.ip("red") == two.ip("blue"));
  CHECK(node.firewalld.zones() == kRed);
  one.del("red");
  CHECK(node.firewalld.zones() == kRed);
  two.del("blue");
  CHECK(node.firewalld.zones().empty());
}

TEST_CASE("firewalld: a refusal, or a death on the way, leaves nothing of the ADD") {
  Firewalled node;
  const bool dies = GENERATE(false, true);
  Zones before;
  if (dies) node.firewalld.die_at("fd10::2/128");
  if (!dies) before = {{"fd10::2/128", "internal"}};
  node.firewalld.set_zones(before);
  Chain net{node.world, guarded_plugins({{"backend", "firewalld"}, {"ingressPolicy", "isolated"}})};
  CHECK(net.try_add("red").json().at("code") == 101);
  CHECK(node.firewalld.zones() == before);
  CHECK(node.world.try_sh("find /run/patchbay/firewall -type f").out.empty());
  net.try_del("red");
}

TEST_CASE("firewalld: a bus that hangs ends the ADD in time, before anything was done") {
  World world;
  FakeBus bus{FakeBus::Serve{[](int fd) {
                char byte = 0;
                while (read(fd, &byte, 1) > 0) {
                }
              }},
              kUsualBus};
  world.sh("nft add table inet firewalld");
  Chain net{world, guarded_plugins()};
  const auto start = std::chrono::steady_clock::now();
  CHECK(net.try_add("red").json().at("code") == 11);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{9});
  CHECK(world.try_sh("find /run/patchbay/firewall -type f").out.empty());
}

TEST_CASE("firewalld: repair and the tool's gc know its sources") {
  AuditedNode node{guarded_plugins({{"firewalldZone", "internal"}})};
  FakeFirewalld firewalld{kUsualBus};
  node.world.sh("nft add table inet firewalld");
  node.attach("red");
  CHECK(node.audit(0).dump().find(": 10.10.0.2, fd10::2 in firewalld's zone internal") != std::string::npos);
  const Zones before = firewalld.zones();
  REQUIRE(before.at("10.10.0.2/32") == "internal");
  firewalld.set_zones({});
  CHECK(node.audit(3).at("missing").dump().find("zone internal lacks source 10.10.0.2/32") != std::string::npos);
  CHECK(node.tool("repair").exit_code == 0);
  CHECK(firewalld.zones() == before);
  node.kill("red");
  const Ran gc = node.tool("gc --yes");
  INFO(gc.out << gc.err);
  CHECK(gc.exit_code == 0);
  CHECK(firewalld.zones().empty());
}
