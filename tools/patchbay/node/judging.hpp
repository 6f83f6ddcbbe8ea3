// SPDX-License-Identifier: Apache-2.0
// From what was read to whose it is, and whether that one lives.
#pragma once

#include <map>
#include <string>

#include "tools/patchbay/node/survey.hpp"

namespace patchbay::cli {

// Fills in owners, judgements and links. What could not be read proves nothing by its absence.
Survey judge(Survey read, const Facts& facts, const Places& places, const std::map<std::string, bool>& proves);

}  // namespace patchbay::cli
