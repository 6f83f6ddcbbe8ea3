// SPDX-License-Identifier: Apache-2.0
// From a plugin's configuration to what it reads on stdin (CNI spec 1.1.0, section 3 "Deriving
// request configuration from plugin configuration").
#pragma once

#include <optional>
#include <string>

#include "tools/patchbay/attachment.hpp"
#include "tools/patchbay/conflist.hpp"

namespace patchbay::cli {

// The part of a request that differs from verb to verb.
struct Injection {
  std::optional<contract::Json> previous_result;  // in the shape of the network's version
  std::optional<contract::Json> capabilities;     // CAP_ARGS; the plugin gets those that it declares
  std::optional<Owners> valid_attachments;        // GC
};

std::string request_text(const NetworkConfig& network, const PluginConfig& plugin, const Injection& injection);

}  // namespace patchbay::cli
