// SPDX-License-Identifier: Apache-2.0
// Names in the tables of what may fail, and how.
#pragma once

#include <string>
#include <vector>

namespace patchbay::test::hostile {

// The numbers of "socket", or of a group of calls: "fork" is whatever makes a process.
std::vector<int> system_calls(const std::string& name);
int error_number(const std::string& name);  // "EPERM"

}  // namespace patchbay::test::hostile
