// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace patchbay::contract::detail {

// The suite's build ID in hexadecimal: a digest of all sources that go into its executables.
std::string build_id();

}  // namespace patchbay::contract::detail
