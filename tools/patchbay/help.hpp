// SPDX-License-Identifier: Apache-2.0
// `patchbay --help` and `patchbay help <verb>`.
#pragma once

#include <span>
#include <string>

#include "tools/patchbay/arguments.hpp"

namespace patchbay::cli {

std::string overview(std::span<const Verb> verbs);
std::string explain(const Verb& verb);
std::string synopsis(const Verb& verb);  // "patchbay add <network> <netns> [options]"
std::string version_line();

}  // namespace patchbay::cli
