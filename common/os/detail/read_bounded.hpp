// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace patchbay::os::detail {

// All of `fd`; throws io_failure, naming `path`, unless it is a regular file of at most `limit` bytes.
std::string read_bounded(int fd, const std::string& path, std::size_t limit);

// The same for our own small files, where a single call usually tells everything. A device that takes
// pread(2) and has less than a page to say passes for a file here, so what is read must prove itself.
std::string read_small(int fd, const std::string& path, std::size_t limit);

}  // namespace patchbay::os::detail
