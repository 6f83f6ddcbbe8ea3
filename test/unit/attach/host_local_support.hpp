// SPDX-License-Identifier: Apache-2.0
// Requests to host-local as a runtime would make them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "common/contract/request.hpp"
#include "test/unit/contract/support.hpp"

namespace patchbay::test {

struct Asked {
  contract::Command command = contract::Command::add;
  nlohmann::json config;
  std::string container = "c1", ifname = "eth0", netns = "/run/netns/c1", args;

  [[nodiscard]] Variables::List variables() const {
    return {{"CONTAINERID", container}, {"IFNAME", ifname}, {"NETNS", netns}, {"PATH", "/opt/cni/bin"}, {"ARGS", args}};
  }
  [[nodiscard]] contract::Request request() const {
    const Variables variables{this->variables()};
    return contract::read_request(command, config.dump());
  }
};

inline nlohmann::json host_local_config(const std::string& data_dir, const nlohmann::json& ipam) {
  nlohmann::json config{{"cniVersion", "1.1.0"}, {"name", "net"}, {"type", "bridge"}, {"ipam", ipam}};
  config["ipam"]["type"] = "host-local";
  config["ipam"]["dataDir"] = data_dir;
  return config;
}

}  // namespace patchbay::test
