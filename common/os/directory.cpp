// SPDX-License-Identifier: Apache-2.0
// A file is complete before its name appears, so a killed process leaves no torn one, except where the
// caller can bear that. fsync(2) is left out on purpose: after a power cut the boot ID in our files
// tells that they are of the past.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>

#include "common/base/error.hpp"
#include "common/os/detail/absent.hpp"
#include "common/os/detail/open_directory.hpp"
#include "common/os/detail/read_bounded.hpp"
#include "common/os/file.hpp"
#include "common/os/retry.hpp"

namespace patchbay::os {
namespace {

constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

// "dir/" would follow a link that "dir" is; see open(2) on O_NOFOLLOW.
std::string without_trailing_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

void make_directory(const std::string& path, unsigned mode) {
  if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    throw system_error(Code::io_failure, "create directory " + path, errno);
  }
}

void make_path(const std::string& path, unsigned parents, unsigned mode) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    make_directory(path.substr(0, slash), parents);
  }
  make_directory(path, mode);
}

void write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t put = retry_interrupted([&] { return write(fd, content.data(), content.size()); });
    if (put < 0) throw system_error(Code::io_failure, "write " + path, errno);
    content.remove_prefix(static_cast<std::size_t>(put));
  }
}

// The clock is no system call, and O_EXCL tells whether the name is one's own.
std::string temporary_name() {
  const auto now = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), now, 16).ptr;
  return std::string{kTemporaryPrefix} + std::string{digits.data(), end};
}

// A failure leaves a stale file, which remove_stale() or the file's next writer takes.
void try_to_unlink(int base, const std::string& located) { static_cast<void>(unlinkat(base, located.c_str(), 0)); }

}  // namespace

Directory Directory::ensure(const std::string& path, unsigned mode) {
  std::string clean = without_trailing_slash(path);
  UniqueFd fd = detail::open_directory(AT_FDCWD, clean.c_str());
  if (!fd && errno == ENOENT) {
    make_path(clean, 0755, mode);
    fd = detail::open_directory(AT_FDCWD, clean.c_str());
  }
  if (!fd) throw system_error(Code::io_failure, "open directory " + clean, errno);
  return {std::move(clean), std::move(fd)};
}

std::optional<Directory> Directory::find(const std::string& path) {
  std::string clean = without_trailing_slash(path);
  UniqueFd fd = detail::open_directory(AT_FDCWD, clean.c_str());
  if (fd) return Directory{std::move(clean), std::move(fd)};
  const int why = errno;
  // ENOTDIR: a file, here or above, so there is nothing in it; or a link, and nobody knows where that led.
  struct ::stat status {};
  const bool is_link = why == ENOTDIR && lstat(clean.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
  if ((detail::is_absent(why) && !is_link) || why == ENAMETOOLONG) return std::nullopt;
  throw system_error(Code::io_failure, "open directory " + clean, why);
}

Directory Directory::at(const std::string& path, unsigned mode) {
  return {without_trailing_slash(path), UniqueFd{}, mode};
}

void Directory::make() const {
  if (!fd_) make_path(path_, mode_, mode_);
}

int Directory::base() const { return fd_ ? fd_.get() : AT_FDCWD; }

std::string Directory::locate(const std::string& name) const {
  const bool plain = !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
                     name.find('\0') == std::string::npos;
  if (!plain) throw Error{Code::internal, "\"" + name + "\" is not a file name in " + path_};
  return fd_ ? name : path_ + "/" + name;
}

std::string Directory::shown(const std::string& located) const { return fd_ ? path_ + "/" + located : located; }

UniqueFd Directory::open_new(const std::string& located, int flags, unsigned mode) const {
  const auto attempt = [&] {
    return UniqueFd{retry_interrupted([&] { return openat(base(), located.c_str(), flags, mode); })};
  };
  UniqueFd fd = attempt();
  if (fd || errno != ENOENT || fd_) return fd;
  make();
  return attempt();
}

UniqueFd Directory::open_existing(const std::string& located) const {
  UniqueFd fd{retry_interrupted(
      [&] { return openat(base(), located.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY); })};
  if (fd || detail::is_absent(errno)) return fd;
  if (errno == ELOOP) throw Error{Code::io_failure, shown(located) + " is not a regular file"};
  throw system_error(Code::io_failure, "open " + shown(located), errno);
}

std::optional<std::string> Directory::read(const std::string& name, std::size_t limit) const {
  const std::string located = locate(name);
  const UniqueFd fd = open_existing(located);
  return fd ? std::optional{detail::read_small(fd.get(), shown(located), limit)} : std::nullopt;
}

std::optional<std::string> Directory::read_whole(const std::string& name, std::size_t limit) const {
  const std::string located = locate(name);
  const UniqueFd fd = open_existing(located);
  return fd ? std::optional{detail::read_bounded(fd.get(), shown(located), limit)} : std::nullopt;
}

// A failed write leaves nothing; a kill leaves a torn file.
void Directory::fill(int fd, const std::string& located, std::string_view content) const {
  try {
    write_all(fd, content, shown(located));
  } catch (...) {
    try_to_unlink(base(), located);
    throw;
  }
}

// A complete file under a temporary name. A kill leaves it; remove_stale() takes it.
std::string Directory::write_temporary(std::string_view content, unsigned mode) const {
  while (true) {
    std::string located = locate(temporary_name());
    const UniqueFd fd = open_new(located, kNew, mode);
    if (!fd && errno == EEXIST) continue;  // of another process, at the same instant
    if (!fd) throw system_error(Code::io_failure, "create " + shown(located), errno);
    fill(fd.get(), located, content);
    return located;
  }
}

// Without any name while it is incomplete: not even a kill leaves something to clean up. False when
// the name is taken, nullopt when the kernel or the filesystem cannot.
std::optional<bool> Directory::create_unnamed(const std::string& located, std::string_view content,
                                              unsigned mode) const {
  const UniqueFd fd = open_new(fd_ ? "." : path_, O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
  if (!fd) {
    // EISDIR and EOPNOTSUPP: kernel or filesystem without O_TMPFILE (open(2)).
    if (errno == EISDIR || errno == EOPNOTSUPP || errno == EINVAL) return std::nullopt;
    throw system_error(Code::io_failure, "create " + shown(located), errno);
  }
  write_all(fd.get(), content, shown(located));
  if (linkat(fd.get(), "", base(), located.c_str(), AT_EMPTY_PATH) == 0) return true;
  if (errno == EEXIST) return false;
  // ENOENT: without CAP_DAC_READ_SEARCH the name has to go through /proc (open(2)).
  const std::string link = "/proc/self/fd/" + std::to_string(fd.get());
  if (linkat(AT_FDCWD, link.c_str(), base(), located.c_str(), AT_SYMLINK_FOLLOW) == 0) return true;
  if (errno == EEXIST) return false;
  return std::nullopt;
}

bool Directory::create(const std::string& name, std::string_view content, unsigned mode) const {
  const std::string located = locate(name);
  if (const auto created = create_unnamed(located, content, mode)) return *created;
  const std::string temporary = write_temporary(content, mode);
  const int failure = linkat(base(), temporary.c_str(), base(), located.c_str(), 0) == 0 ? 0 : errno;
  try_to_unlink(base(), temporary);
  if (failure == 0) return true;
  if (failure == EEXIST) return false;
  throw system_error(Code::io_failure, "create " + shown(located), failure);
}

bool Directory::create_in_place(const std::string& name, std::string_view content, unsigned mode) const {
  const std::string located = locate(name);
  const UniqueFd fd = open_new(located, kNew, mode);
  if (!fd && errno == EEXIST) return false;
  if (!fd) throw system_error(Code::io_failure, "create " + shown(located), errno);
  fill(fd.get(), located, content);
  return true;
}

void Directory::write(const std::string& name, std::string_view content, unsigned mode) const {
  const std::string located = locate(name);
  rename_into_place(write_temporary(content, mode), located);
}

void Directory::rename_into_place(const std::string& temporary, const std::string& located) const {
  if (renameat(base(), temporary.c_str(), base(), located.c_str()) == 0) return;
  const int failure = errno;
  try_to_unlink(base(), temporary);
  throw system_error(Code::io_failure, "replace " + shown(located), failure);
}

std::string Directory::temporary_of(const std::string& name) { return std::string{kTemporaryPrefix} + name; }

void Directory::replace(const std::string& name, std::string_view content, unsigned mode) const {
  const std::string located = locate(name), temporary = locate(temporary_of(name));
  {
    const UniqueFd fd = open_new(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
    if (!fd) throw system_error(Code::io_failure, "create " + shown(temporary), errno);
    fill(fd.get(), temporary, content);
  }
  rename_into_place(temporary, located);
}

bool Directory::remove(const std::string& name) const {
  const std::string located = locate(name);
  if (unlinkat(base(), located.c_str(), 0) == 0) return true;
  const int why = errno;
  if (detail::is_absent(why) || why == EISDIR) return false;  // a directory is none of our files
  // A filesystem that is mounted read-only says so before it looks.
  struct ::stat status {};
  if (why == EROFS && fstatat(base(), located.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 && detail::is_absent(errno))
    return false;
  throw system_error(Code::io_failure, "remove " + shown(located), why);
}

}  // namespace patchbay::os
