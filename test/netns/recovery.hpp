// SPDX-License-Identifier: Apache-2.0
// What the tests of recovery share: a node with a live neighbour, and ways to make it forget.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "test/support/catch.hpp"
#include "test/support/chain.hpp"

namespace patchbay::test {

struct Setting {
  std::string kind, backend;
};
inline const std::vector<Setting> kSettings{
    {"bridge", "nftables"}, {"bridge", "iptables"}, {"ptp", "nftables"}, {"ptp", "iptables"}};

inline bool skipped(const Setting& setting) { return setting.backend == "iptables" && lacks_legacy_iptables(); }

inline std::vector<nlohmann::json> plugins_of(const Setting& setting) {
  return setting.kind == "bridge" ? usual_plugins(setting.backend) : point_to_point_plugins(setting.backend);
}

inline nlohmann::json tcp_port(int host_port) {
  return {{{"hostPort", host_port}, {"containerPort", 80}, {"protocol", "tcp"}}};
}

// A network, a host on the LAN, and blue, who lives through everything: reached at host port 9090.
struct RecoveringNode {
  World world;
  Chain net;
  std::map<std::string, std::string> before;
  std::set<std::string> served{"blue"};

  explicit RecoveringNode(const Setting& setting) : net(world, plugins_of(setting)) {
    world.lan("lan", "192.0.2.1/24", "192.0.2.2/24");
    net.port_mappings = tcp_port(9090);
    net.add("blue");
    world.serve("blue", "tcp", 80, "blue");
    world.netns("red");
    before = world.snapshot();
  }
  void attach(const std::string& name, int host_port) {
    net.port_mappings = tcp_port(host_port);
    net.add(name);
  }
  // The container answers at its host port: link, address, rules and route are what they should be.
  void require_reachable(const std::string& name, int host_port) {
    if (served.insert(name).second) world.serve(name, "tcp", 80, name);
    CHECK(world.ask("lan", "tcp", "192.0.2.1", host_port).value_or("nobody").starts_with(name + " "));
    CHECK(world.ping(name, "192.0.2.2"));
  }
  void require_as_before() {
    world.sh("conntrack -F 2>/dev/null");
    CHECK(difference(before, world.snapshot()) == "");
    CHECK(net.check("blue").exit_code == 0);
    CHECK(world.ask("lan", "tcp", "192.0.2.1", 9090) == "blue 192.0.2.2");
  }
};

// Chains of containers in the legacy tables.
inline std::string container_chains(World& world) {
  return world.sh(
      "for save in iptables-legacy-save ip6tables-legacy-save; do "
      "! grep -qs nat /proc/net/ip_tables_names || $save -t nat; done | grep -E '^:CNI-(DN-)?[0-9a-f]{21,24} ' || "
      "true");
}

inline std::string message(const Ran& ran) {
  const auto error = ran.json();
  return error.at("msg").get<std::string>() + " " + error.value("details", "");
}

}  // namespace patchbay::test
