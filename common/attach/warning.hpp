// SPDX-License-Identifier: Apache-2.0
// What must not fail a call, and yet has to be told: a line on stderr, which runtimes log.
#pragma once

#include <string>

namespace patchbay::attach {

void warn(const std::string& text);

}  // namespace patchbay::attach
