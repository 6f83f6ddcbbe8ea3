// SPDX-License-Identifier: Apache-2.0
#include "test/conformance/case.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace patchbay::test::conformance {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const fs::path kDirectory = PATCHBAY_SOURCE "/test/conformance/cases";

const json kDefaults{
    {"prepare", ""},
    {"steps", {"add c1", "observe", "check c1", "del c1", "observe", "del c1"}},
    {"versions", {"1.0.0"}},
    {"runtimeConfig", json::object()},
    {"containers", json::object()},
    {"args", ""},
    {"refused", false},
};

// The case's own, else the theme's, else the usual.
json chosen(const json& theme, const json& item, const char* key) {
  for (const json* from : {&item, &theme})
    if (from->contains(key)) return from->at(key);
  return kDefaults.at(key);
}

void refuse_unknown_keys(const json& theme, const json& item) {
  const auto name = item.at("name").get<std::string>();
  for (const auto& [key, value] : item.items())
    if (!kDefaults.contains(key) && key != "name" && key != "set" && key != "plugins")
      throw std::runtime_error{"case " + name + " has an unknown key: " + key};
  for (const auto& [key, value] : theme.items())
    if (!kDefaults.contains(key) && key != "cases" && key != "plugins")
      throw std::runtime_error{"unknown key of a theme: " + key};
}

std::vector<json> patched_plugins(const json& theme, const json& item) {
  auto plugins = (item.contains("plugins") ? item : theme).at("plugins").get<std::vector<json>>();
  const json patches = item.value("set", json::object());
  for (const auto& [type, patch] : patches.items()) {
    const auto plugin = std::find_if(plugins.begin(), plugins.end(),
                                     [&wanted = type](const json& candidate) { return candidate["type"] == wanted; });
    if (plugin == plugins.end()) throw std::runtime_error{"no plugin " + type + " to change: " + item.dump()};
    plugin->merge_patch(patch);
  }
  return plugins;
}

}  // namespace

std::vector<std::string> themes() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{kDirectory})
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<Case> load_cases(const std::string& theme_name) {
  const auto theme = json::parse(std::ifstream{kDirectory / (theme_name + ".json")});
  std::vector<Case> cases;
  for (const json& item : theme.at("cases")) {
    refuse_unknown_keys(theme, item);
    const auto versions = chosen(theme, item, "versions").get<std::vector<std::string>>();
    for (const auto& version : versions)
      cases.push_back({.theme = theme_name,
                       .name = item.at("name").get<std::string>() + (versions.size() > 1 ? ", " + version : ""),
                       .version = version,
                       .prepare = chosen(theme, item, "prepare"),
                       .steps = chosen(theme, item, "steps"),
                       .plugins = patched_plugins(theme, item),
                       .runtime_config = chosen(theme, item, "runtimeConfig"),
                       .containers = chosen(theme, item, "containers"),
                       .args = chosen(theme, item, "args"),
                       .refused = chosen(theme, item, "refused")});
  }
  return cases;
}

}  // namespace patchbay::test::conformance
