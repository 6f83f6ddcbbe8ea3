// SPDX-License-Identifier: Apache-2.0
// Files as state: read with a bound, replace whole, lock with a deadline. Nothing here follows a
// symbolic link at the last component, and nothing blocks on a FIFO.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/os/unique_fd.hpp"

namespace patchbay::os {

inline constexpr std::size_t kSmallFile = 65536;

using FileTime = std::chrono::system_clock::time_point;

// A directory, opened once; names below are relative to it and must not contain '/'.
class Directory {
 public:
  // Creates missing parents (mode 0755, less umask) and the directory itself with `mode`.
  static Directory ensure(const std::string& path, unsigned mode);
  // nullopt when absent, also where a file is in its place.
  static std::optional<Directory> find(const std::string& path);
  // By its path alone, for a file or two: opening it would cost as much as they do. While it is absent
  // there is nothing in it; the first file makes it, and its parents, with `mode`.
  static Directory at(const std::string& path, unsigned mode);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int fd() const { return fd_.get(); }  // -1 of one that is not open
  void make() const;                                  // what is missing of one that is not open

  // nullopt when absent; throws io_failure when it cannot be read as a file or is larger than `limit`.
  [[nodiscard]] std::optional<std::string> read(const std::string& name, std::size_t limit = kSmallFile) const;
  // The same, but never a part of it, should a read end early as it may on a network file system: for
  // content that does not tell whether it is whole, where something is to be destroyed.
  [[nodiscard]] std::optional<std::string> read_whole(const std::string& name, std::size_t limit = kSmallFile) const;
  // Creates the file with this content, whole or not at all; false when the name is taken.
  // (O_TMPFILE or a temporary name, then link: a kill leaves no torn file under `name`.)
  [[nodiscard]] bool create(const std::string& name, std::string_view content, unsigned mode) const;
  // The same under its final name from the start, which is cheaper: a kill may leave it empty or torn.
  // For content that tells whether it is whole, and on which nothing depends before it is.
  [[nodiscard]] bool create_in_place(const std::string& name, std::string_view content, unsigned mode) const;
  // Replaces or creates, atomically (temporary name, then rename).
  void write(const std::string& name, std::string_view content, unsigned mode) const;
  // The same for a name that nobody else writes at that time: a kill leaves a temporary file of which it is
  // known whose it is.
  void replace(const std::string& name, std::string_view content, unsigned mode) const;
  static std::string temporary_of(const std::string& name);
  // When it was last written; nullopt when it is absent or does not tell.
  [[nodiscard]] std::optional<FileTime> modified(const std::string& name) const;
  // False when it was absent, or is a directory.
  bool remove(const std::string& name) const;
  // Names of regular files, without our temporary ones; sorted.
  [[nodiscard]] std::vector<std::string> list() const;
  [[nodiscard]] std::vector<std::string> directories() const;  // those in it; sorted
  // Also the temporary ones.
  [[nodiscard]] std::vector<std::string> list_all() const;
  // Removes the temporary files that killed processes left. Only for the holder of the lock that
  // all writers of this directory take.
  void remove_stale() const;

 private:
  Directory(std::string path, UniqueFd fd, unsigned mode = 0)
      : path_(std::move(path)), fd_(std::move(fd)), mode_(mode) {}
  // What an openat(2) of a file in here takes: the descriptor and a name, or none and a path.
  [[nodiscard]] int base() const;
  [[nodiscard]] UniqueFd open_existing(const std::string& located) const;  // none when absent
  [[nodiscard]] std::string locate(const std::string& name) const;
  [[nodiscard]] std::string shown(const std::string& located) const;
  [[nodiscard]] UniqueFd open_new(const std::string& located, int flags, unsigned mode) const;
  void fill(int fd, const std::string& located, std::string_view content) const;
  void rename_into_place(const std::string& temporary, const std::string& located) const;
  [[nodiscard]] std::string write_temporary(std::string_view content, unsigned mode) const;
  [[nodiscard]] std::optional<bool> create_unnamed(const std::string& located, std::string_view content,
                                                   unsigned mode) const;
  [[nodiscard]] std::vector<std::string> entries(mode_t type) const;

  std::string path_;
  UniqueFd fd_;
  unsigned mode_;
};

// Temporary names start with this; whoever holds the directory's lock may remove stale ones.
inline constexpr std::string_view kTemporaryPrefix = ".patchbay-";

// Whole file by path, for what the administrator names (resolv.conf, conflists, /proc). nullopt
// when absent. Follows links; refuses anything but a regular file; bounded by `limit`.
std::optional<std::string> read_file(const std::string& path, std::size_t limit = kSmallFile);

// An flock(2), exclusive unless it is shared; compatible with the reference suite's and with xtables'. Released on
// destruction, and by the kernel when we die.
class FileLock {
 public:
  // Opens (O_CREAT, `mode`) and locks within `patience`; afterwards throws try_again, naming the
  // holder's pid as /proc/locks tells it.
  static FileLock acquire(const std::string& path, unsigned mode, std::chrono::milliseconds patience);
  static FileLock acquire(const Directory& directory, const std::string& name, unsigned mode,
                          std::chrono::milliseconds patience);
  // Together with others who share it.
  static FileLock share(const std::string& path, unsigned mode, std::chrono::milliseconds patience);
  // Of one that is shared: ours alone from now on, unless somebody else has it, too.
  [[nodiscard]] bool try_alone() const;

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

inline constexpr std::chrono::milliseconds kLockPatience{5000};

// What /proc tells in one piece of less than a page; empty when it is absent. Throws io_failure.
std::string read_proc(const char* path);

// /proc/sys/kernel/random/boot_id, without newline.
std::string boot_id();

}  // namespace patchbay::os
