// SPDX-License-Identifier: Apache-2.0
// Clocks that differ: to a call that runs by another one than the call before, the clock was stepped.
#pragma once

#include <vector>

#include "common/os/unique_fd.hpp"

namespace patchbay::stress {

// Time namespaces (time_namespaces(7)) whose CLOCK_MONOTONIC and CLOCK_BOOTTIME are ahead of and behind
// ours; none where the kernel lacks them.
std::vector<os::UniqueFd> make_other_clocks();

}  // namespace patchbay::stress
