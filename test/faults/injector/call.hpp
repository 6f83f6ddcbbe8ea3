// SPDX-License-Identifier: Apache-2.0
// The system calls that can be made to fail, and the ways in which each plausibly does (section 2 of the
// manual's pages).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace patchbay::faults {

struct Call {
  long number;
  std::string_view name;
  std::vector<int> errors;        // of an ordinary file or whatever it works on
  bool interruptible = false;     // may say EINTR where a signal handler exists
  bool makes_descriptor = false;  // EMFILE, when there are too many
  bool takes_memory = false;      // ENOMEM, when there is none
};

std::span<const Call> calls();
const Call* find_call(long number);
const Call* find_call(std::string_view name);

}  // namespace patchbay::faults
