// SPDX-License-Identifier: Apache-2.0
// Every file of conf-examples does what it says. Those that runtimes write have their tests with the clients
// (test/clients/runtimes.bats).
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "test/support/catch.hpp"
#include "test/support/chain.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

std::vector<std::filesystem::path> examples() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(PATCHBAY_SOURCE "/conf-examples")) {
    if (entry.path().extension() == ".conflist") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool mentions(const json& config, const std::string& word) { return config.dump().find(word) != std::string::npos; }

// Why this machine cannot run it; empty when it can.
std::string obstacle(const json& config) {
  if (mentions(config, "\"vlan")) return lacks_vlan_filtering().value_or("");
  if (mentions(config, "\"iptables\"")) return lacks_legacy_iptables().value_or("");
  return {};
}

}  // namespace

namespace {

void require_example_works(const json& list) {
  World world;
  Chain net{world, list.at("plugins").get<std::vector<json>>(), list.at("name"), list.at("cniVersion")};
  if (mentions(list, "portMappings")) {
    net.port_mappings = {{{"hostPort", 8080}, {"containerPort", 80}, {"protocol", "tcp"}}};
  }
  const bool addressed = mentions(list, "\"ips\"");
  if (addressed) net.capability_args = {{"ips", {"10.88.0.9/16"}}};
  net.add("red");
  net.port_mappings = json::array();
  if (addressed) net.capability_args = {{"ips", {"10.88.0.10/16"}}};
  net.add("blue");
  for (const std::string name : {"red", "blue"}) {
    const Ran ran = net.check(name);
    INFO(name << ": " << ran.out);
    CHECK(ran.exit_code == 0);
  }
  if (mentions(list, "portIsolation")) {
    if (mentions(list, "ipam")) CHECK_FALSE(world.ping_once("red", net.ip("blue"), 300));
  } else if (mentions(list, "ipam")) {
    CHECK(world.ping("red", net.ip("blue")));
  }
  if (mentions(list, "portMappings")) {
    world.serve("red", "tcp", 80, "red");
    CHECK(world.ask("", "tcp", "127.0.0.1", 8080));
    if (mentions(list, "hairpinMode")) CHECK(world.ask("red", "tcp", "10.95.0.1", 8080));
  }
  net.del("red");
  net.del("blue");
  const bool has_gc = list.at("cniVersion") == "1.1.0";
  if (has_gc) CHECK(net.gc({}).exit_code == 0);
  CHECK(world.sh("find /run/patchbay -type f ! -name '*.lock' 2>/dev/null | wc -l") == "0\n");
  // A bridge's own pair, by which it has an address in a VLAN, stays with it.
  CHECK(world.sh("ip -o link show type veth | grep -v '\\.[0-9]*[@:]' || true") == "");
  if (has_gc) CHECK(world.sh("nft list ruleset") == "");  // the empty tables go with GC
}

}  // namespace

TEST_CASE("every example that any kernel can run attaches two containers, and leaves nothing") {
  const auto files = examples();
  REQUIRE(files.size() >= 8);
  for (const auto& file : files) {
    const json list = json::parse(std::ifstream{file});
    if (!obstacle(list).empty()) continue;
    DYNAMIC_SECTION(file.filename().string()) { require_example_works(list); }
  }
}

TEST_CASE("the examples that need more of the kernel work as well") {
  for (const auto& file : examples()) {
    const json list = json::parse(std::ifstream{file});
    if (!mentions(list, "\"vlan") && !mentions(list, "\"iptables\"")) continue;
    if (const std::string reason = obstacle(list); !reason.empty()) {
      PATCHBAY_SKIP(file.filename().string() + ": " + reason);
    }
    DYNAMIC_SECTION(file.filename().string()) { require_example_works(list); }
  }
}
