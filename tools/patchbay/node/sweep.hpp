// SPDX-License-Identifier: Apache-2.0
// Removing what a survey found stale, by ourselves: neither plugins nor configuration are needed.
#pragma once

#include "tools/patchbay/node/survey.hpp"

namespace patchbay::cli {

// Leaves out what has got a new record since it was surveyed: somebody is at work on that attachment.
void leave_out_revived(Survey& survey);

// In the order of DEL: rules, cables, then leases, records last. What follows a step that failed stays, so
// that it can be repeated. Throws Failed.
void sweep(const Survey& survey, const ResultCache& cache);

}  // namespace patchbay::cli
