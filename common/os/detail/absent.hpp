// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>

namespace patchbay::os::detail {

// ENOTDIR: a file where a directory was expected, so what should be in it is not there.
inline bool is_absent(int error_number) { return error_number == ENOENT || error_number == ENOTDIR; }

}  // namespace patchbay::os::detail
