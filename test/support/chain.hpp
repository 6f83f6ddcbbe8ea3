// SPDX-License-Identifier: Apache-2.0
// A network as a runtime drives it: a list of plugins, called in order for ADD and CHECK, in
// reverse for DEL, with prevResult handed on.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "test/support/world.hpp"

namespace patchbay::test {

class Chain {
 public:
  // `plugins`: configurations without name and cniVersion, each with "type".
  Chain(World& world, std::vector<nlohmann::json> plugins, std::string network = "net", std::string version = "1.1.0");

  std::string path = PATCHBAY_BIN;
  nlohmann::json port_mappings = nlohmann::json::array();     // runtimeConfig of the next ADD
  nlohmann::json capability_args = nlohmann::json::object();  // more of runtimeConfig

  // Attaches a container named `name` in a namespace of that name; the test fails unless it succeeds.
  nlohmann::json add(const std::string& name);
  Ran try_add(const std::string& name);  // the first failure ends it, as in libcni

  struct Del {
    bool with_netns = true;
    bool with_previous = true;
    bool with_runtime_config = true;
    std::string path;  // other than the chain's
  };
  // Every plugin, in reverse; the last failure, or success.
  Ran try_del(const std::string& name, const Del& how);
  Ran try_del(const std::string& name);
  void del(const std::string& name, const Del& how);
  void del(const std::string& name);  // the test fails unless it succeeds
  Ran check(const std::string& name);
  Ran gc(const std::vector<std::string>& valid_containers);
  Ran status();

  // The first address of this family, without prefix.
  std::string ip(const std::string& name, int family = 4) const;
  std::string mac(const std::string& name) const;  // of its eth0, as reported
  std::string host_end(const std::string& name) const;
  nlohmann::json& plugin(std::size_t index) { return plugins_[index]; }
  const nlohmann::json& result(const std::string& name) const { return attached_.at(name).result; }

 private:
  struct Attached {
    nlohmann::json result, runtime_config;
  };
  nlohmann::json config(const nlohmann::json& plugin, const nlohmann::json& runtime_config) const;
  Ran call(const std::string& command, const nlohmann::json& config, const std::string& name, bool with_netns,
           const std::string& cni_path);

  World& world_;
  std::vector<nlohmann::json> plugins_;
  std::string network_, version_;
  std::map<std::string, Attached> attached_;
};

// The plugins of the most usual network: bridge + host-local (+ portmap), dual stack, masquerade,
// everything through `backend`.
std::vector<nlohmann::json> usual_plugins(const std::string& backend, bool with_portmap = true);
std::vector<nlohmann::json> point_to_point_plugins(const std::string& backend, bool with_portmap = true);

}  // namespace patchbay::test
