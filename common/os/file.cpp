// SPDX-License-Identifier: Apache-2.0
#include "common/os/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <string_view>

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

std::string read_proc(const char* path) {
  const UniqueFd fd{retry_interrupted([&] { return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); })};
  if (!fd && errno == ENOENT) return {};
  std::array<char, 4096> text;  // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
  const ssize_t got = fd ? retry_interrupted([&] { return read(fd.get(), text.data(), text.size()); }) : -1;
  if (got < 0) throw system_error(Code::io_failure, std::string{"read "} + path, errno);
  return {text.data(), static_cast<std::size_t>(got)};
}

std::string boot_id() {
  static constexpr const char* kPath = "/proc/sys/kernel/random/boot_id";
  static const std::string id = [] {
    const UniqueFd fd{
        retry_interrupted([&] { return open(kPath, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY); })};
    // A UUID and a newline, which the kernel yields at once: no end to look for.
    std::array<char, 64> text{};
    const ssize_t got = fd ? retry_interrupted([&] { return read(fd.get(), text.data(), text.size()); }) : -1;
    if (got < 0) {
      throw system_error(Code::io_failure, std::string{"read "} + kPath, errno)
          .hint("/proc must be mounted where plugins run");
    }
    std::string_view line{text.data(), static_cast<std::size_t>(got)};
    line = line.substr(0, line.find('\n'));
    if (line.empty() || line.size() == text.size())
      throw Error{Code::io_failure, std::string{kPath} + " has no boot ID"};
    return std::string{line};
  }();
  return id;
}

std::optional<FileTime> Directory::modified(const std::string& name) const {
  struct ::stat status {};
  if (fstatat(base(), locate(name).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  return FileTime{std::chrono::seconds{status.st_mtim.tv_sec} +
                  std::chrono::microseconds{status.st_mtim.tv_nsec / 1000}};
}

}  // namespace patchbay::os
