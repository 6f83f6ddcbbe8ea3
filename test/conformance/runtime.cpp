// SPDX-License-Identifier: Apache-2.0
#include "test/conformance/runtime.hpp"

namespace patchbay::test::conformance {

using nlohmann::json;

json Runtime::special(const std::string& container, const char* key, const json& usual) const {
  return case_.containers.value(container, json::object()).value(key, usual);
}

json Runtime::config(const json& plugin, const std::string& container) const {
  json merged = plugin;
  if (!merged.contains("name")) merged["name"] = "net";
  if (!merged.contains("cniVersion") && case_.version != "none") merged["cniVersion"] = case_.version;
  const json runtime = special(container, "runtimeConfig", case_.runtime_config);
  if (!runtime.empty()) merged["runtimeConfig"] = runtime;
  return merged;
}

Runtime::Addition Runtime::previous(const Target& target) const {
  const auto found = results_.find({target.container, target.ifname});
  const bool known = found != results_.end() && target.with_previous_result;
  return {"prevResult", known ? found->second : json{}};
}

Ran Runtime::call(const std::string& verb, const json& plugin, const Target& target, const Addition& addition) {
  json merged = config(plugin, target.container);
  if (!addition.value.is_null()) merged[addition.key] = addition.value;
  return world_.call({.plugin = plugin.at("type"),
                      .command = verb,
                      .config = std::move(merged),
                      .container = target.container,
                      .netns = target.netns,
                      .ifname = target.ifname,
                      .args = special(target.container, "args", case_.args),
                      .path = suite_.directory});
}

Ran Runtime::add(const Target& target) {
  json result;
  Ran ran;
  for (const json& plugin : case_.plugins) {
    ran = call("ADD", plugin, target, {"prevResult", result});
    if (ran.exit_code != 0) return ran;
    result = ran.json();
  }
  results_[{target.container, target.ifname}] = std::move(result);
  return ran;
}

Ran Runtime::check(const Target& target) {
  Ran ran;
  for (const json& plugin : case_.plugins) {
    ran = call("CHECK", plugin, target, previous(target));
    if (ran.exit_code != 0) break;
  }
  return ran;
}

Ran Runtime::del(const Target& target) {
  Ran worst{.exit_code = 0, .out = {}, .err = {}};
  for (auto plugin = case_.plugins.rbegin(); plugin != case_.plugins.rend(); ++plugin) {
    const Ran ran = call("DEL", *plugin, target, previous(target));
    if (ran.exit_code != 0) worst = ran;
  }
  return worst;
}

Ran Runtime::gc() {
  Ran worst{.exit_code = 0, .out = {}, .err = {}};
  for (const json& plugin : case_.plugins) {
    const Ran ran = call("GC", plugin, {}, {"cni.dev/valid-attachments", json::array()});
    if (ran.exit_code != 0) worst = ran;
  }
  return worst;
}

Ran Runtime::status() {
  Ran ran;
  for (const json& plugin : case_.plugins) {
    ran = call("STATUS", plugin, {}, {});
    if (ran.exit_code != 0) break;
  }
  return ran;
}

}  // namespace patchbay::test::conformance
