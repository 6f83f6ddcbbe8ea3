// SPDX-License-Identifier: Apache-2.0
// One run of a plugin, and what may befall it on the way.
#pragma once

#include <chrono>
#include <functional>

#include "test/stress/history.hpp"
#include "test/support/process.hpp"

namespace patchbay::stress {

// Something that is done to a call when it has run for so long.
struct Blow {
  std::chrono::nanoseconds after{0};
  std::function<void(int pid)> strike;  // empty: nothing is done
};

struct Called {
  test::Ran ran;
  Span span;
  bool struck = false;  // it still ran when the blow came
  bool hung = false;    // it had to be killed after `patience`
};

// Spawned as cheaply as can be, into the time namespace of the descriptor when that is not negative.
Called call(const test::Program& program, const Blow& blow);

}  // namespace patchbay::stress
