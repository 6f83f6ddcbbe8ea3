// SPDX-License-Identifier: Apache-2.0
#include "common/os/detail/read_bounded.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/base/error.hpp"
#include "common/os/retry.hpp"

namespace patchbay::os::detail {

std::string read_bounded(int fd, const std::string& path, std::size_t limit) {
  struct ::stat status {};
  if (fstat(fd, &status) != 0) throw system_error(Code::io_failure, "examine " + path, errno);
  if (!S_ISREG(status.st_mode)) throw Error{Code::io_failure, path + " is not a regular file"};

  // A regular file that yields just as much as it says it has is at its end. Files of /proc say that
  // they are empty, and any file may grow meanwhile: then until the end, one byte past the limit at most.
  const auto expected = static_cast<std::size_t>(std::max<off_t>(status.st_size, 0));
  std::string content;
  std::size_t filled = 0;
  content.resize(std::min(expected > 0 ? expected : 4096, limit) + 1);
  while (true) {
    const ssize_t got = retry_interrupted([&] { return ::read(fd, &content[filled], content.size() - filled); });
    if (got < 0) throw system_error(Code::io_failure, "read " + path, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
    if (filled > limit) {
      throw Error{Code::io_failure, path + " is larger than " + std::to_string(limit) + " bytes"};
    }
    if (filled == expected) break;
    if (filled == content.size()) content.resize(std::min(2 * content.size(), limit + 1));
  }
  content.resize(filled);
  return content;
}

std::string read_small(int fd, const std::string& path, std::size_t limit) {
  // Files come by pages: what is less than one is all there is. Pipes, sockets and terminals have no
  // offsets and directories no content, so pread(2) refuses them.
  std::array<char, 4096> page;
  const ssize_t got = retry_interrupted([&] { return pread(fd, page.data(), page.size(), 0); });
  const auto size = static_cast<std::size_t>(std::max<ssize_t>(got, 0));
  if (got >= 0 && size < page.size() && size <= limit) return {page.data(), size};
  return read_bounded(fd, path, limit);  // or it says what is wrong
}

}  // namespace patchbay::os::detail
