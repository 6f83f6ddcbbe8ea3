// SPDX-License-Identifier: Apache-2.0
// Plugins run in two ways that count what they cost: under strace, and - since strace touches their
// memory - once more without it for the page faults.
#pragma once

#include <optional>
#include <string>

#include "test/budget/figures.hpp"
#include "test/support/world.hpp"

namespace patchbay::test::budget {

enum class Way { traced, alone };

// From here on every call to a plugin is run in this way, and what it cost added to "<plugin> <verb>".
void measure(World& world, Way way, Book& book);
void stop_measuring(World& world);

std::optional<std::string> lacks_strace();  // the reason, for PATCHBAY_SKIP

}  // namespace patchbay::test::budget
