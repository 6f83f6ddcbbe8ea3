// SPDX-License-Identifier: Apache-2.0
// Runs a program and all that it starts under ptrace(2), stopped by seccomp(2) before the system calls that
// are of interest, and makes exactly one thing go wrong - or everything of a kind from one point on.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "test/faults/injector/fault.hpp"
#include "test/faults/injector/sight.hpp"
#include "test/support/process.hpp"

namespace patchbay::faults {

struct Point {
  Place place;
  Sight sight;
};

struct Observation {
  test::Ran ran;                      // exit code 128 + signal when it was killed
  std::vector<Point> points;          // of a run without fault: all that was seen, in the order of happening
  int processes = 1;                  // in the tree
  bool hit = false;                   // the fault's place was reached
  bool before_main = false;           // by the loader or the C library's start
  bool timed_out = false;             // and was killed for it
  std::string detail;                 // of the call that was hit
  std::chrono::milliseconds took{0};  // until the first process ended
};

Observation observe(const test::Program& program, const std::optional<Fault>& fault = std::nullopt);

}  // namespace patchbay::faults
