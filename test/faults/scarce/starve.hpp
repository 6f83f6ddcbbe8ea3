// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "test/faults/injector/injector.hpp"

namespace patchbay::faults {

// Runs the starved build of the program. Without a fault - one that refuses call 0 - it is counted only, and
// there is one point, the last call.
Observation starve(test::Program program, const Fault& fault);

}  // namespace patchbay::faults
