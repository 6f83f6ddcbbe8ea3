// SPDX-License-Identifier: Apache-2.0
// One program run under hostile circumstances, and what it cost.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "test/hostile/text.hpp"
#include "test/support/world.hpp"

namespace patchbay::test::hostile {

struct Trial {
  std::vector<std::string> arguments, environment;
  Input input;
  // Shell commands just before, by the same process and in a mount namespace of its own: they mount, limit and
  // redirect what the program is then run with.
  std::string prelude;
  std::vector<int> denied;  // system calls that fail, with…
  int denied_with = 0;
  std::chrono::milliseconds patience{10000};
};

struct Outcome {
  Ran ran;
  bool hung = false;  // it was killed after `patience`
  std::chrono::milliseconds took{0};
  long peak_kib = 0;  // of it and the children that it has waited for; never less than what this process had
};

Outcome run(const Trial& trial);

}  // namespace patchbay::test::hostile
