// SPDX-License-Identifier: Apache-2.0
// Which attachments of a network live, as far as the runtime's cache tells.
#pragma once

#include <vector>

#include "tools/patchbay/chain.hpp"

namespace patchbay::cli {

struct Partition {
  Owners living;
  std::vector<CacheEntry> stale;
};
Partition partition(const Chain& chain, Valid valid);

}  // namespace patchbay::cli
