// SPDX-License-Identifier: Apache-2.0
// Reading a result that somebody else printed.
#pragma once

#include <string_view>

#include "common/contract/result.hpp"

namespace patchbay::contract::detail {

// An IPAM plugin has no interfaces to point at (CNI spec 1.1.0, section 4, "IPAM"), yet some print
// an index all the same, which the reference never looks at: `ignore`. Anywhere else it must point
// at an interface: `check`.
enum class DanglingIndex { check, ignore };

Result read_result(const Json& json, const Version& version, DanglingIndex dangling);

// True when `text` is, to the letter, a version that we speak.
bool is_supported(std::string_view text);

}  // namespace patchbay::contract::detail
