// SPDX-License-Identifier: Apache-2.0
// Files as state: read with a bound, replace whole, lock with a deadline. Nothing here follows a
// symbolic link at the last component, and nothing blocks on a FIFO.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/os/unique_fd.hpp"

namespace patchbay::os {

inline constexpr std::size_t kSmallFile = 65536;

// A directory, opened once; names below are relative to it and must not contain '/'.
class Directory {
 public:
  // Creates missing parents (mode 0755, less umask) and the directory itself with `mode`.
  static Directory ensure(const std::string& path, unsigned mode);
  static std::optional<Directory> find(const std::string& path);  // nullopt when absent

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int fd() const { return fd_.get(); }

  // nullopt when absent; throws io_failure when it is not a regular file or larger than `limit`.
  [[nodiscard]] std::optional<std::string> read(const std::string& name, std::size_t limit = kSmallFile) const;
  // Creates the file with this content, whole or not at all; false when the name is taken.
  // (O_TMPFILE or a temporary name, then link: a kill leaves no torn file under `name`.)
  [[nodiscard]] bool create(const std::string& name, std::string_view content, unsigned mode) const;
  // Replaces or creates, atomically (temporary name, then rename).
  void write(const std::string& name, std::string_view content, unsigned mode) const;
  // False when it was absent.
  bool remove(const std::string& name) const;
  // Names of regular files, without our temporary ones; sorted.
  [[nodiscard]] std::vector<std::string> list() const;
  // Removes the temporary files that killed processes left. Only for the holder of the lock that
  // all writers of this directory take.
  void remove_stale() const;

 private:
  Directory(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::string path_;
  UniqueFd fd_;
};

// Temporary names start with this; whoever holds the directory's lock may remove stale ones.
inline constexpr std::string_view kTemporaryPrefix = ".patchbay-";

// Whole file by path, for what the administrator names (resolv.conf, conflists, /proc). nullopt
// when absent. Follows links; refuses anything but a regular file; bounded by `limit`.
std::optional<std::string> read_file(const std::string& path, std::size_t limit = kSmallFile);

// An exclusive flock(2), compatible with the reference suite's and with xtables'. Released on
// destruction, and by the kernel when we die.
class FileLock {
 public:
  // Opens (O_CREAT, `mode`) and locks within `patience`; afterwards throws try_again, naming the
  // holder's pid as /proc/locks tells it.
  static FileLock acquire(const std::string& path, unsigned mode, std::chrono::milliseconds patience);
  static FileLock acquire(const Directory& directory, const std::string& name, unsigned mode,
                          std::chrono::milliseconds patience);

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

inline constexpr std::chrono::milliseconds kLockPatience{5000};

// /proc/sys/kernel/random/boot_id, without newline.
std::string boot_id();

}  // namespace patchbay::os
