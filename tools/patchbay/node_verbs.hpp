// SPDX-License-Identifier: Apache-2.0
// The verbs that look at the node itself, not through plugins. They return the exit status.
#pragma once

#include "tools/patchbay/arguments.hpp"

namespace patchbay::cli {

inline constexpr int kDone = 0, kFailed = 1, kMisused = 2;
inline constexpr int kFindings = 3;  // audit: something is stale or missing

int run_audit(const Arguments& arguments);
int run_repair(const Arguments& arguments);
// With the network alone by way of its plugins; with --yes by ourselves.
int run_gc(const Arguments& arguments);

}  // namespace patchbay::cli
