// SPDX-License-Identifier: Apache-2.0
// What `patchbay` can be told to do. A new verb is a function and a line of the table.
#pragma once

#include <span>
#include <string_view>

#include "tools/patchbay/arguments.hpp"

namespace patchbay::cli {

std::span<const Verb> verbs();
const Verb* find_verb(std::string_view name);  // nullptr: there is none

// The whole program: returns the exit status. `words` are the command line without the program's name.
int run_command_line(std::span<const std::string_view> words);

}  // namespace patchbay::cli
