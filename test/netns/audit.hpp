// SPDX-License-Identifier: Apache-2.0
// A node with one network in a conflist, worked on with the tool.
#pragma once

#include <fstream>
#include <set>
#include <string>

#include "test/support/catch.hpp"
#include "test/support/chain.hpp"

namespace patchbay::test {

inline constexpr const char* kTool = "PATH=$PATH:/usr/sbin CNI_PATH=" PATCHBAY_BIN " " PATCHBAY_BIN "/patchbay ";

struct AuditedNode {
  World world;

  explicit AuditedNode(std::vector<nlohmann::json> plugins, const std::string& network = "net") {
    const nlohmann::json list{{"cniVersion", "1.1.0"}, {"name", network}, {"plugins", std::move(plugins)}};
    world.sh("mkdir -p /etc/cni/net.d");
    std::ofstream{"/etc/cni/net.d/10-" + network + ".conflist"} << list.dump();
  }

  void attach(const std::string& name, const std::vector<nlohmann::json>& ports = {}) {
    world.netns(name);
    world.sh("CAP_ARGS='" + nlohmann::json{{"portMappings", nlohmann::json(ports)}}.dump() + "' " + kTool +
             "add net /run/netns/" + name + " --container-id " + name);
  }

  [[nodiscard]] Ran check(const std::string& name) {
    return world.try_sh(std::string{kTool} + "check net /run/netns/" + name + " --container-id " + name);
  }

  Ran tool(const std::string& words) { return world.try_sh(kTool + words); }

  nlohmann::json audit(int expected_status) {
    const Ran ran = tool("audit --json");
    INFO(ran.out << ran.err);
    REQUIRE(ran.exit_code == expected_status);
    return ran.json();
  }

  // The namespace goes, its cable with it, and nobody tells the plugins.
  void kill(const std::string& name) {
    const std::string tag = "net/" + name + "/eth0";
    world.remove_netns(name);
    world.sh("for i in $(seq 500); do ip link | grep -q 'alias " + tag + "' || exit 0; sleep 0.01; done; exit 1");
  }
};

inline nlohmann::json port(int host_port, const std::string& protocol = "tcp") {
  return {{"hostPort", host_port}, {"containerPort", 80}, {"protocol", protocol}};
}

using KindAndOwner = std::pair<std::string, std::string>;

inline std::set<KindAndOwner> with_verdict(const nlohmann::json& things, const std::string& verdict) {
  std::set<KindAndOwner> found;
  for (const auto& thing : things) {
    if (thing.at("verdict") == verdict) found.emplace(thing.at("kind"), thing.at("owner"));
  }
  return found;
}

inline std::vector<nlohmann::json> audited_plugins(const std::string& backend) {
  auto plugins = usual_plugins(backend);
  plugins[0]["macspoofchk"] = true;
  return plugins;
}

}  // namespace patchbay::test
