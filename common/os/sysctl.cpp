// SPDX-License-Identifier: Apache-2.0
#include "common/os/sysctl.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/base/error.hpp"
#include "common/os/detail/absent.hpp"
#include "common/os/retry.hpp"
#include "common/os/unique_fd.hpp"

namespace patchbay::os::sysctl {
namespace {

// One page: proc_handler never returns more for the settings that we touch.
constexpr std::size_t kLongestValue = 4096;

std::string path_of(std::string_view key) {
  std::string_view rest = key;
  bool good = !key.empty() && key.find('\0') == std::string_view::npos;
  while (good) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    good = !part.empty() && part != "." && part != "..";
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (!good) throw Error{Code::internal, "\"" + std::string{key} + "\" is not the name of a kernel setting"};
  return "/proc/sys/" + std::string{key};
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Several values are written with spaces and read back with tabs.
bool same_value(std::string_view one, std::string_view other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](char a, char b) { return a == b || (is_blank(a) && is_blank(b)); });
}

struct Reading {
  int error_number = 0;
  std::string value;
};

Reading read(const std::string& path) {
  const UniqueFd fd{
      retry_interrupted([&] { return open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); })};
  if (!fd) return {errno, {}};
  std::array<char, kLongestValue> buffer{};
  const ssize_t got = retry_interrupted([&] { return ::read(fd.get(), buffer.data(), buffer.size()); });
  if (got < 0) return {errno, {}};
  return {0, std::string{trimmed({buffer.data(), static_cast<std::size_t>(got)})}};
}

bool has(const Reading& reading, std::string_view value) {
  return reading.error_number == 0 && same_value(reading.value, trimmed(value));
}

// 0, or the errno that it was refused with.
int write(const std::string& path, std::string_view value) {
  const UniqueFd fd{retry_interrupted([&] { return open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW); })};
  if (!fd) return errno;
  struct ::statfs filesystem {};
  if (retry_interrupted([&] { return fstatfs(fd.get(), &filesystem); }) != 0) return errno;
  // Something else mounted there would swallow the value and leave the kernel as it was.
  if (filesystem.f_type != PROC_SUPER_MAGIC) return EMEDIUMTYPE;
  const ssize_t put = retry_interrupted([&] { return ::write(fd.get(), value.data(), value.size()); });
  if (put < 0) return errno;
  return put == static_cast<ssize_t>(value.size()) ? 0 : EIO;
}

std::string hint_for(int error_number) {
  switch (error_number) {
    case EROFS:
      return "/proc/sys is mounted read-only: set it on the host beforehand, or run the plugin where it is writable";
    case EACCES:
    case EPERM:
      return "run the plugin with CAP_NET_ADMIN in the network namespace that it changes";
    case EMEDIUMTYPE:
      return "/proc/sys is not a proc filesystem here";
    case EINVAL:
      return "this kernel does not take the value";
    default:
      return {};
  }
}

Error refused(std::string_view key, const std::string& message, int error_number) {
  return std::move(
      system_error(Code::sysctl_refused, "kernel setting " + std::string{key} + " " + message, error_number)
          .hint(hint_for(error_number)));
}

}  // namespace

std::optional<std::string> find(std::string_view key) {
  Reading reading = read(path_of(key));
  if (detail::is_absent(reading.error_number)) return std::nullopt;
  if (reading.error_number != 0) throw refused(key, "cannot be read", reading.error_number);
  return std::move(reading.value);
}

bool ensure(std::string_view key, std::string_view value) {
  const Reading now = read(path_of(key));
  if (detail::is_absent(now.error_number)) return false;
  // A setting that cannot be read (write-only, or never set: EIO) may still be written.
  return has(now, value) || set(key, value);
}

bool set(std::string_view key, std::string_view value) {
  const std::string path = path_of(key);
  const int failure = write(path, value);
  if (failure == 0) return true;
  if (detail::is_absent(failure)) return false;
  const Reading now = read(path);
  if (has(now, value)) return true;
  const std::string current = now.error_number == 0 ? "is \"" + now.value + "\"" : "is unreadable";
  throw refused(key, current + " and cannot be made \"" + std::string{value} + "\"", failure);
}

}  // namespace patchbay::os::sysctl
