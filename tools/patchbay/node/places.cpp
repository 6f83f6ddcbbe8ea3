// SPDX-License-Identifier: Apache-2.0
// Where networks keep their leases, and what their bridges are called.
#include <algorithm>

#include "common/base/error.hpp"
#include "tools/patchbay/conflist.hpp"
#include "tools/patchbay/node/survey.hpp"

namespace patchbay::cli {
namespace {

constexpr const char* kDataDirectory = "/var/lib/cni/networks";

void add(std::vector<std::string>& list, const std::string& word) {
  if (std::ranges::find(list, word) == list.end()) list.push_back(word);
}

void add_places(Places& places, const std::string& network, const PluginConfig& plugin) {
  try {
    if (plugin.type == "bridge") add(places.bridges[plugin.body.text_or("bridge", "cni0")], network);
    const auto ipam = plugin.body.object("ipam");
    const std::string data_dir = ipam ? ipam->text_or("dataDir", "") : "";
    if (data_dir.starts_with('/')) add(places.data_dirs, data_dir);
  } catch (const Error&) {
    return;  // a configuration that cannot work has no places
  }
}

void add_places(Places& places, const NetworkConfig& network) {
  for (const PluginConfig& plugin : network.plugins) add_places(places, network.name, plugin);
}

}  // namespace

Places find_places(const std::string& config_directory, const ResultCache& cache) {
  Places places{.data_dirs = {kDataDirectory}, .bridges = {}};
  for (const NetworkConfig& network : load_all(config_directory)) add_places(places, network);
  for (const ResultCache::File& file : cache.files()) {
    if (!file.entry || file.entry->config.empty()) continue;
    try {
      add_places(places, parse_conflist(file.entry->config));
    } catch (const Error&) {
      continue;
    }
  }
  return places;
}

}  // namespace patchbay::cli
