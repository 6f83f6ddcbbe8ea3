// SPDX-License-Identifier: Apache-2.0
// The calls of a runtime: bridge, host-local and portmap, for two networks on one node.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "test/support/process.hpp"

namespace patchbay::stress {

inline constexpr std::array kChain{"bridge", "portmap"};

struct Network {
  std::string name, bridge, v4, v6;  // v4: "10.10.0", v6: "fd10::", both to be completed
  bool swept = false;                // some of its attachments are removed by GC
  [[nodiscard]] std::string gateway(bool ipv4) const { return ipv4 ? v4 + ".1" : v6 + "1"; }
  [[nodiscard]] std::string lock() const { return "/var/lib/cni/networks/" + name + "/lock"; }
};

struct Attachment {
  std::string id;
  const Network* network = nullptr;
  std::string netns;  // path
  std::string protocol;
  int host_port = 0;
  nlohmann::json result;  // of ADD, null before
  [[nodiscard]] std::string port() const { return protocol + " " + std::to_string(host_port); }
  [[nodiscard]] std::vector<std::string> addresses() const;
};

class Runtime {
 public:
  // So many addresses has each network.
  Runtime(std::string backend, std::size_t addresses) : backend_(std::move(backend)), addresses_(addresses) {}

  // `plugin`: of kChain. prevResult is the attachment's result, if it has one.
  [[nodiscard]] test::Program program(const std::string& verb, const std::string& plugin, const Attachment& it) const;
  // GC of all but these container IDs.
  [[nodiscard]] test::Program gc(const std::string& plugin, const Network& network,
                                 const std::vector<std::string>& valid) const;

 private:
  [[nodiscard]] nlohmann::json config(const std::string& plugin, const Network& network) const;
  std::string backend_;
  std::size_t addresses_;
};

}  // namespace patchbay::stress
