// SPDX-License-Identifier: Apache-2.0
// What "gc <network>" would remove by way of the plugins, which ask the runtime's cache who lives.
#pragma once

#include "tools/patchbay/chain.hpp"
#include "tools/patchbay/node/survey.hpp"

namespace patchbay::cli {

// Judges everything of the chain's network anew: stale is what gc() would remove.
void judge_as_gc(Survey& survey, const Chain& chain, Valid valid);

}  // namespace patchbay::cli
