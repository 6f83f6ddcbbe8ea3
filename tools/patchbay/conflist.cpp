// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/conflist.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "common/contract/request.hpp"

namespace patchbay::cli {
namespace {

using contract::Json;
using contract::Version;

constexpr std::size_t kMaxPlugins = 256;

Error invalid(std::string message, std::string pointer) {
  return std::move(Error{Code::invalid_config, std::move(message)}.at(std::move(pointer)));
}

std::string required_name(const Json& object) {
  auto name = object.text("name");
  if (!name) throw invalid("the configuration has no name", "/name");
  contract::validate_network_name(*name);
  return *name;
}

Version version_at(const std::string& text, const std::string& pointer) {
  if (text.empty()) return {0, 1, 0};  // as the specification reads an absent version
  const auto version = Version::parse(text);
  if (!version) {
    throw std::move(invalid("\"" + text + "\" is not a version", pointer).expected("\"1.1.0\" or the like"));
  }
  return *version;
}

// The highest version on offer that we speak (spec section 1, "cniVersions"). Without cniVersions,
// cniVersion as it stands: the plugins refuse what they do not know.
Version chosen_version(const Json& list) {
  const Version single = version_at(list.text_or("cniVersion", ""), "/cniVersion");
  const Version newest = *Version::parse(contract::kSupportedVersions.back());
  std::optional<Version> best;
  std::size_t index = 0;
  for (const std::string& offered : list.texts("cniVersions")) {
    const Version version = version_at(offered, "/cniVersions/" + std::to_string(index++));
    if (version <= newest && (!best || *best < version)) best = version;
  }
  if (!best) return single;
  return list.has("cniVersion") && single <= newest ? std::max(*best, single) : *best;
}

// libcni takes these three as booleans or as words.
bool flag_or_word(const Json& list, std::string_view key) {
  const auto value = list.find(key);
  if (!value || !value->is_text()) return list.flag(key);
  std::string word = value->as_text();
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (word == "true") return true;
  if (word == "false") return false;
  throw std::move(
      invalid("\"" + value->as_text() + "\" is no truth value", value->pointer()).expected("true or false"));
}

PluginConfig plugin_of(const Json& body) {
  const auto type = body.text("type");
  if (!type || type->empty()) throw invalid("a plugin without type", body.pointer() + "/type");
  contract::validate_plugin_type(*type, body.pointer() + "/type");
  return {*type, body};
}

NetworkConfig empty_list(std::string name, Version version, std::string_view text) {
  NetworkConfig config;
  config.name = std::move(name);
  config.version = version;
  config.text = text;
  return config;
}

Json parse_object(std::string_view text) {
  Json document = Json::parse(text);
  if (!document.is_object()) throw Error{Code::decode_failure, "a configuration must be a JSON object"};
  return document;
}

}  // namespace

NetworkConfig parse_conflist(std::string_view text) {
  const Json list = parse_object(text);
  NetworkConfig config = empty_list(required_name(list), chosen_version(list), text);
  config.disable_check = flag_or_word(list, "disableCheck");
  config.disable_gc = flag_or_word(list, "disableGC");
  config.only_inlined = flag_or_word(list, "loadOnlyInlinedPlugins");
  for (const Json& plugin : list.list("plugins", kMaxPlugins)) config.plugins.push_back(plugin_of(plugin));
  if (config.plugins.empty() && list.has("plugins")) throw invalid("no plugins in the list", "/plugins");
  if (config.plugins.empty() && config.only_inlined) {
    throw invalid("loadOnlyInlinedPlugins is true, but there is no list of plugins", "/plugins");
  }
  return config;
}

PluginConfig parse_plugin(std::string_view text) { return plugin_of(parse_object(text)); }

NetworkConfig parse_single(std::string_view text) {
  const Json plugin = parse_object(text);
  const std::string name = required_name(plugin);
  const std::string version = plugin.text_or("cniVersion", "");
  const nlohmann::json list{
      {"name", name}, {"cniVersion", version}, {"plugins", nlohmann::json::array({plugin.raw()})}};
  NetworkConfig config = empty_list(name, version_at(version, "/cniVersion"), list.dump());
  config.only_inlined = true;
  config.plugins.push_back(plugin_of(plugin));
  return config;
}

}  // namespace patchbay::cli
