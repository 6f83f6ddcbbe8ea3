// SPDX-License-Identifier: Apache-2.0
// Making the rules of live attachments again, as their ADD made them: after somebody's flush.
#pragma once

#include <string>
#include <vector>

#include "tools/patchbay/node/drift.hpp"

namespace patchbay::cli {

struct Repaired {
  Owner owner;
  std::vector<std::string> made;  // what had been missing
  Failures failures;              // and why it still is
};

// In the order in which they were attached, one transaction for each attachment and backend; those that
// lack nothing are left alone, and not in the list.
std::vector<Repaired> repair(const std::vector<Drift>& drifts);

std::string repair_text(const std::vector<Repaired>& repaired, const std::vector<Drift>& drifts);
std::string repair_json(const std::vector<Repaired>& repaired, const std::vector<Drift>& drifts);

}  // namespace patchbay::cli
