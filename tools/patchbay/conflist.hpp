// SPDX-License-Identifier: Apache-2.0
// Network configurations (CNI spec 1.1.0, section 1), found and read as libcni v1.3.0 does - but
// a file that cannot be read never hides another one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/contract/json.hpp"
#include "common/contract/version.hpp"

namespace patchbay::cli {

inline constexpr std::size_t kMaxConfig = 1 << 20;

struct PluginConfig {
  std::string type;
  contract::Json body;  // an object, as written
};

struct NetworkConfig {
  std::string name;
  contract::Version version;
  bool disable_check = false;
  bool disable_gc = false;
  bool only_inlined = false;  // loadOnlyInlinedPlugins
  std::vector<PluginConfig> plugins;
  std::string text;  // a conflist that says all of this, for the result cache
};

// One conflist. Without a `plugins` key the list is empty, and files beside it are expected.
NetworkConfig parse_conflist(std::string_view text);
// One plugin's object, as files of a drop-in directory hold it.
PluginConfig parse_plugin(std::string_view text);
// One configuration of the old single-plugin form (.conf, .json), as a list of one.
NetworkConfig parse_single(std::string_view text);

// Appends `<directory>/<network>/*.conf`, sorted by name, unless the list forbids it; throws when
// there is no plugin at all then.
void append_drop_ins(NetworkConfig& config, const std::string& directory);

// The first configuration of this name: *.conflist first, then *.conf and *.json, each sorted by
// name. What cannot be used is skipped and told on stderr; when nothing is found, in the error too.
NetworkConfig load_network(const std::string& directory, const std::string& name);

// All that can be read in there, for audits; what cannot is passed over.
std::vector<NetworkConfig> load_all(const std::string& directory);

}  // namespace patchbay::cli
