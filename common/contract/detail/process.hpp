// SPDX-License-Identifier: Apache-2.0
// The process that we are.
#pragma once

#include <string>
#include <string_view>

namespace patchbay::contract::detail {

// We live for milliseconds: memory is taken from the kernel in one piece, and not given back.
void grow_generously();

// Goes on as <directory of our executable>/libiptc/<name>, with `input` as stdin (TwinNeeded). Throws
// feature_missing when it is not there.
[[noreturn]] void become_twin(std::string_view name, const std::string& input, char** argv);

}  // namespace patchbay::contract::detail
