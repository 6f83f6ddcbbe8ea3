// SPDX-License-Identifier: Apache-2.0
// All that is below a directory: kinds, modes, link targets and contents, one line a file.
#pragma once

#include <string>
#include <vector>

namespace patchbay::test::hostile {

using Listing = std::vector<std::string>;

// Empty when there is nothing. Directories and bookkeeping are left out: locks, the round
// robin's state, the mark of the present boot.
Listing list_files(const std::string& root);
std::string difference(const Listing& before, const Listing& after);  // "" when equal, else "- line" and "+ line"

}  // namespace patchbay::test::hostile
