// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>

#include "common/os/retry.hpp"
#include "common/os/unique_fd.hpp"

namespace patchbay::os::detail {

inline UniqueFd open_directory(int at, const char* path) {
  return UniqueFd{retry_interrupted([&] { return openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); })};
}

}  // namespace patchbay::os::detail
