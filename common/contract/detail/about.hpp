// SPDX-License-Identifier: Apache-2.0
// What a plugin says of itself when a person, and not a runtime, has started it.
#pragma once

#include <string>

#include "common/contract/run.hpp"

namespace patchbay::contract::detail {

// Plugin::name; "ptp" for veth when the program was called so.
std::string name_of(const Plugin& plugin, int argc, char** argv);

// --help, --version, or the banner. Returns the exit code.
int introduce(const Plugin& plugin, int argc, char** argv);

// The answer to VERSION: one line.
std::string version_reply();

}  // namespace patchbay::contract::detail
