// SPDX-License-Identifier: Apache-2.0
// A file shared with a starved plugin and all its processes, named by an environment variable.
#pragma once

#include <atomic>
#include <cstdint>

namespace patchbay::faults {

struct Counters {
  std::atomic<std::uint64_t> calls;           // of malloc(3), calloc(3) and realloc(3), so far
  std::uint64_t first_refused, last_refused;  // counted from 1
};

inline constexpr const char* kCountersVariable = "PATCHBAY_TEST_ALLOCATIONS";

}  // namespace patchbay::faults
