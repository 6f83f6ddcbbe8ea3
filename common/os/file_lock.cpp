// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "common/base/error.hpp"
#include "common/os/deadline.hpp"
#include "common/os/detail/alarm.hpp"
#include "common/os/file.hpp"
#include "common/os/retry.hpp"

namespace patchbay::os {
namespace {

// Blocks in flock(2), so that the kernel wakes us in the order of arrival; an alarm ends the wait.
bool locked_within(int fd, int operation, const std::string& path, std::chrono::milliseconds patience) {
  const Deadline deadline = Deadline::in(patience);
  const detail::Alarm alarm{patience};
  while (flock(fd, operation) != 0) {
    if (errno != EINTR) throw system_error(Code::io_failure, "lock " + path, errno);
    if (!deadline.passed()) continue;
    return retry_interrupted([&] { return flock(fd, operation | LOCK_NB); }) == 0;
  }
  return true;
}

// "4711 (bridge)" for every holder. A line of /proc/locks (proc_locks(5)) is
// "1: FLOCK  ADVISORY  WRITE 4711 08:01:131085 0 EOF"; "1: -> FLOCK ..." is one who waits.
std::string holders(int fd) {
  struct ::stat status {};
  if (fstat(fd, &status) != 0) return {};
  std::array<char, 64> key{};
  static_cast<void>(std::snprintf(key.data(), key.size(), " %02x:%02x:%llu ", major(status.st_dev),
                                  minor(status.st_dev), static_cast<unsigned long long>(status.st_ino)));
  const std::string locks = read_file("/proc/locks", 1U << 20U).value_or("");
  std::string found;
  for (std::size_t start = 0, end = 0; start < locks.size(); start = end + 1) {
    end = std::min(locks.find('\n', start), locks.size());
    const std::string_view line{&locks[start], end - start};
    const std::size_t file = line.find(key.data());
    if (file == std::string_view::npos || line.find("FLOCK") == std::string_view::npos) continue;
    if (line.find("->") != std::string_view::npos) continue;
    const std::size_t before_pid = line.rfind(' ', file - 1);
    const std::string pid{line.substr(before_pid + 1, file - before_pid - 1)};
    std::string command = read_file("/proc/" + pid + "/comm").value_or("");
    while (!command.empty() && command.back() == '\n') command.pop_back();
    found += (found.empty() ? "" : ", ") + pid + (command.empty() ? "" : " (" + command + ")");
  }
  return found;
}

Error still_locked(int fd, const std::string& path, std::chrono::milliseconds patience) {
  std::string by;
  try {
    by = holders(fd);
  } catch (const Error&) {
    // Who it is would be good to know; that the lock is taken is what matters.
  }
  Error error{Code::try_again, path + " has been locked for " + std::to_string(patience.count()) + " ms by " +
                                   (by.empty() ? "a process that /proc/locks does not tell" : "process " + by)};
  error.hint("it should let go within milliseconds: see what it waits for, or end it");
  return error;
}

// For writing, which flock(2) needs on NFS only: that way the kernel itself refuses a directory, and a
// FIFO that nobody reads. A link is not followed. Whatever else the name may stand for, it is one and
// the same inode for everybody, and a lock is no more than that. Where we may not write, for reading,
// as the reference suite opens its locks.
UniqueFd open_lock(int directory, const std::string& name, unsigned mode) {
  const auto open_for = [&](int access) {
    return UniqueFd{retry_interrupted([&] {
      return openat(directory, name.c_str(), access | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, mode);
    })};
  };
  UniqueFd fd = open_for(O_WRONLY);
  if (fd || (errno != EACCES && errno != EROFS)) return fd;
  return open_for(O_RDONLY);
}

UniqueFd lock_at(int directory, const std::string& name, const std::string& path, unsigned mode,
                 std::chrono::milliseconds patience, int operation = LOCK_EX) {
  UniqueFd fd = open_lock(directory, name, mode);
  if (!fd) throw system_error(Code::io_failure, "open lock " + path, errno);
  if (retry_interrupted([&] { return flock(fd.get(), operation | LOCK_NB); }) == 0) return fd;
  // ENOLCK and the like: without the lock nothing may be done.
  if (errno != EWOULDBLOCK) throw system_error(Code::io_failure, "lock " + path, errno);
  if (locked_within(fd.get(), operation, path, patience)) return fd;
  throw still_locked(fd.get(), path, patience);
}

}  // namespace

FileLock FileLock::acquire(const std::string& path, unsigned mode, std::chrono::milliseconds patience) {
  return FileLock{lock_at(AT_FDCWD, path, path, mode, patience)};
}

FileLock FileLock::share(const std::string& path, unsigned mode, std::chrono::milliseconds patience) {
  return FileLock{lock_at(AT_FDCWD, path, path, mode, patience, LOCK_SH)};
}

bool FileLock::try_alone() const {
  return retry_interrupted([&] { return flock(fd_.get(), LOCK_EX | LOCK_NB); }) == 0;
}

FileLock FileLock::acquire(const Directory& directory, const std::string& name, unsigned mode,
                           std::chrono::milliseconds patience) {
  return FileLock{lock_at(directory.fd(), name, directory.path() + "/" + name, mode, patience)};
}

}  // namespace patchbay::os
