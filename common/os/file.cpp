// SPDX-License-Identifier: Apache-2.0
#include "common/os/file.hpp"

#include <fcntl.h>

#include <cerrno>

#include "common/base/error.hpp"
#include "common/os/detail/read_bounded.hpp"
#include "common/os/retry.hpp"

namespace patchbay::os {

std::optional<std::string> read_file(const std::string& path, std::size_t limit) {
  const UniqueFd fd{
      retry_interrupted([&] { return open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); })};
  if (!fd) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw system_error(Code::io_failure, "open " + path, errno);
  }
  return detail::read_bounded(fd.get(), path, limit);
}

std::string boot_id() {
  static constexpr const char* kPath = "/proc/sys/kernel/random/boot_id";
  static const std::string id = [] {
    std::string text = read_file(kPath).value_or("");
    while (!text.empty() && text.back() == '\n') text.pop_back();
    if (text.empty()) {
      throw Error{Code::io_failure, std::string{kPath} + " does not exist"}.hint(
          "/proc must be mounted where plugins run");
    }
    return text;
  }();
  return id;
}

}  // namespace patchbay::os
