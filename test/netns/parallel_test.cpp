// SPDX-License-Identifier: Apache-2.0
// Many at once: no duplicates, no failures, nothing left.
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "test/support/catch.hpp"
#include "test/support/chain.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

// Runs `work(i)` in `count` processes that start together; how many of them failed.
int in_parallel(int count, const std::function<bool(int)>& work) {
  int gate[2];
  REQUIRE(pipe(gate) == 0);
  std::vector<pid_t> children;
  for (int i = 0; i < count; ++i) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      close(gate[1]);
      char byte = 0;
      while (read(gate[0], &byte, 1) > 0) {
      }
      _exit(work(i) ? 0 : 1);
    }
    children.push_back(child);
  }
  close(gate[0]);
  close(gate[1]);  // go
  int failures = 0;
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    if (status != 0) ++failures;
  }
  return failures;
}

std::vector<json> plugins_for(const std::string& backend) {
  auto plugins = usual_plugins(backend);
  plugins[0]["ipam"]["ranges"][0][0]["subnet"] = "10.10.0.0/22";
  return plugins;
}

std::string name_of(int i) { return "c" + std::to_string(i); }

// One container's whole chain, by exit codes alone: this runs in a child that must not use assertions.
bool attach(World& world, const std::vector<json>& plugins, int i, const std::string& command) {
  json previous;
  for (const json& plugin : plugins) {
    json config = plugin;
    config["name"] = "net";
    config["cniVersion"] = "1.1.0";
    if (!previous.is_null()) config["prevResult"] = previous;
    if (plugin.at("type") == "portmap") {
      config["runtimeConfig"]["portMappings"] = {{{"hostPort", 20000 + i}, {"containerPort", 80}, {"protocol", "tcp"}}};
    }
    const Ran ran = world.call({.plugin = plugin.at("type"),
                                .command = command,
                                .config = config,
                                .container = name_of(i),
                                .netns = "/run/netns/" + name_of(i)});
    if (ran.exit_code != 0) {
      fprintf(stderr, "%s %s %d: %s%s\n", command.c_str(), plugin.at("type").get<std::string>().c_str(), i,
              ran.out.c_str(), ran.err.c_str());
      return false;
    }
    if (command == "ADD") previous = json::parse(ran.out);
  }
  return true;
}

std::multiset<std::string> addresses(World& world, int count) {
  std::multiset<std::string> found;
  for (int i = 0; i < count; ++i) {
    for (const json& link : json::parse(world.sh_in(name_of(i), "ip -j addr show dev eth0"))) {
      for (const json& address : link.at("addr_info")) {
        if (address.at("scope") == "global") found.insert(address.at("local").get<std::string>());
      }
    }
  }
  return found;
}

}  // namespace

TEST_CASE("first ADDs at once, on a node that has nothing yet, all succeed without duplicates") {
  const std::string backend = GENERATE("nftables", "iptables");
  const int count = GENERATE(10, 64);
  if (backend == "iptables" && lacks_legacy_iptables()) PATCHBAY_SKIP(*lacks_legacy_iptables());
  INFO(backend << " " << count);
  World world;
  const auto plugins = plugins_for(backend);
  for (int i = 0; i < count; ++i) world.netns(name_of(i));
  CHECK(in_parallel(count, [&](int i) { return attach(world, plugins, i, "ADD"); }) == 0);

  const auto found = addresses(world, count);
  CHECK(found.size() == static_cast<std::size_t>(2 * count));
  CHECK(std::set<std::string>(found.begin(), found.end()).size() == found.size());
  CHECK(world.sh("ip -o addr show cni0 scope global | wc -l") == "2\n");
  if (backend == "nftables") {
    // every fixed rule once, however many processes made the structure
    CHECK(world.sh("nft list ruleset | awk '/chain/{chain=$2} /comment/ && !/elements/ && !/net\\//{print chain, $0}' "
                   "| sort | uniq -d") == "");
  }
  CHECK(in_parallel(count, [&](int i) { return attach(world, {plugins[1], plugins[0]}, i, "DEL"); }) == 0);
  CHECK(world.sh("ls /var/lib/cni/networks/net | grep -E '^(10|fd)' | wc -l") == "0\n");
  CHECK(world.sh("ip -o link show master cni0") == "");
  CHECK(world.sh("find /run/patchbay -type f ! -name '*.lock' | wc -l") == "0\n");
}
