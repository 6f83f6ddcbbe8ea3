// SPDX-License-Identifier: Apache-2.0
// A node under load, and whether it was left as it was found.
#pragma once

#include "test/stress/stage.hpp"

namespace patchbay::stress {

// The node is made, loaded for as long as the options say, and looked over afterwards; what was not as it
// must be is among the tally's violations.
void put_under_load(const Options& options, Tally& tally);

}  // namespace patchbay::stress
