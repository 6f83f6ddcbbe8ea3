// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/request.hpp"

#include <nlohmann/json.hpp>

namespace patchbay::cli {
namespace {

// What the plugin declares and the runtime has: "runtimeConfig".
nlohmann::json runtime_config(const contract::Json& plugin, const contract::Json& offered) {
  nlohmann::json chosen = nlohmann::json::object();
  const auto declared = plugin.object("capabilities");
  if (!declared) return chosen;
  for (const std::string& capability : declared->keys()) {
    if (!declared->flag(capability)) continue;
    if (const auto value = offered.raw().find(capability); value != offered.raw().end()) chosen[capability] = *value;
  }
  return chosen;
}

nlohmann::json list_of(const Owners& attachments) {
  nlohmann::json list = nlohmann::json::array();
  for (const Owner& owner : attachments) list.push_back({{"containerID", owner.container}, {"ifname", owner.ifname}});
  return list;
}

}  // namespace

// `capabilities` stays although the specification says it "must not be set": libcni leaves it there,
// and plugins that run other plugins rely on it.
std::string request_text(const NetworkConfig& network, const PluginConfig& plugin, const Injection& injection) {
  nlohmann::json request = plugin.body.raw();
  request["name"] = network.name;
  request["cniVersion"] = network.version.to_string();
  if (injection.previous_result) request["prevResult"] = injection.previous_result->raw();
  if (injection.capabilities) {
    auto chosen = runtime_config(plugin.body, *injection.capabilities);
    if (!chosen.empty()) request["runtimeConfig"] = std::move(chosen);
  }
  if (injection.valid_attachments) {
    // Both names: the second stood in an earlier text of the specification, and libcni sends it too.
    request["cni.dev/valid-attachments"] = list_of(*injection.valid_attachments);
    request["cni.dev/attachments"] = request["cni.dev/valid-attachments"];
  }
  return request.dump();
}

}  // namespace patchbay::cli
