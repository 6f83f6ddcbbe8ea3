// SPDX-License-Identifier: Apache-2.0
// Running one plugin once: environment and stdin in, a result or its complaint out (CNI spec 1.1.0,
// section 2).
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "tools/patchbay/attachment.hpp"

namespace patchbay::cli {

// How plugins are run, the same for all of a chain.
struct Runner {
  std::vector<std::string> path;  // CNI_PATH, split
  std::chrono::milliseconds patience{120000};
};

struct Invocation {
  std::string_view command;      // "ADD" …
  const std::string& type;       // the executable's name
  const Attachment* attachment;  // nullptr: GC and STATUS have none
  std::string input;             // the request, JSON
};

// Stdout of a plugin that succeeded. Throws Failed with the plugin's own code, message and details;
// with delegate_failed for one that crashed, hung or said something else.
std::string invoke(const Runner& runner, const Invocation& invocation);

// Throws not_available when there is no such executable.
void require_plugin(const Runner& runner, const std::string& type);

}  // namespace patchbay::cli
