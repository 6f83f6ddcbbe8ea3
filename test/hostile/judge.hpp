// SPDX-License-Identifier: Apache-2.0
// Whether a plugin behaved under hostile input: what is wrong, "" when nothing is.
#pragma once

#include <chrono>
#include <string>

#include "test/hostile/case.hpp"
#include "test/hostile/trial.hpp"

namespace patchbay::test::hostile {

// Whether the plugins are built so. Compilers have different words for it, the build has one.
inline constexpr bool kSanitized = PATCHBAY_SANITIZED;

struct Limits {
  std::chrono::milliseconds at_least{0}, at_most{1000};
};

std::string complaints(const Outcome& outcome, const Expectation& expected, const Limits& limits);
bool was_accepted(const Outcome& outcome);

}  // namespace patchbay::test::hostile
