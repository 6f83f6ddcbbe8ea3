// SPDX-License-Identifier: Apache-2.0
#include "test/unit/ipam/doom.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>

namespace {

unsigned steps_left = 0;  // to the stroke; 0: none comes
bool is_dead = false;

enum class Fate { live, stroke, dead };

Fate next_step() {
  if (is_dead) return Fate::dead;
  if (steps_left == 0 || --steps_left > 0) return Fate::live;
  is_dead = true;
  return Fate::stroke;
}

int refused() {
  errno = EIO;
  return -1;
}

template <typename Call>
auto unless_dead(const Call& call) -> decltype(call()) {
  if (next_step() != Fate::live) return refused();
  return call();
}

// The stroke lets half of it through.
template <typename Write>
ssize_t write_unless_dead(std::size_t size, const Write& write) {
  switch (next_step()) {
    case Fate::live:
      return write(size);
    case Fate::stroke:
      if (write(size / 2) < 0) return -1;
      return refused();
    case Fate::dead:
      break;
  }
  return refused();
}

}  // namespace

extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl50-cpp,cert-dcl51-cpp): the linker's names
int __real_openat(int directory, const char* path, int flags, ...);
ssize_t __real_write(int fd, const void* data, std::size_t size);
ssize_t __real_pwrite(int fd, const void* data, std::size_t size, off_t offset);
int __real_linkat(int from, const char* path, int to, const char* name, int flags);
int __real_renameat(int from, const char* path, int to, const char* name);
int __real_unlinkat(int directory, const char* path, int flags);
int __real_symlink(const char* target, const char* path);
int __real_mkdir(const char* path, mode_t mode);

int __wrap_openat(int directory, const char* path, int flags, ...) {
  const bool creates = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  if (!creates) return __real_openat(directory, path, flags);
  va_list arguments;
  va_start(arguments, flags);
  const auto mode = va_arg(arguments, mode_t);
  va_end(arguments);
  return unless_dead([&] { return __real_openat(directory, path, flags, mode); });
}
ssize_t __wrap_write(int fd, const void* data, std::size_t size) {
  return write_unless_dead(size, [&](std::size_t some) { return __real_write(fd, data, some); });
}
ssize_t __wrap_pwrite(int fd, const void* data, std::size_t size, off_t offset) {
  return write_unless_dead(size, [&](std::size_t some) { return __real_pwrite(fd, data, some, offset); });
}
int __wrap_linkat(int from, const char* path, int to, const char* name, int flags) {
  return unless_dead([&] { return __real_linkat(from, path, to, name, flags); });
}
int __wrap_renameat(int from, const char* path, int to, const char* name) {
  return unless_dead([&] { return __real_renameat(from, path, to, name); });
}
int __wrap_unlinkat(int directory, const char* path, int flags) {
  return unless_dead([&] { return __real_unlinkat(directory, path, flags); });
}
int __wrap_symlink(const char* target, const char* path) {
  return unless_dead([&] { return __real_symlink(target, path); });
}
int __wrap_mkdir(const char* path, mode_t mode) {
  return unless_dead([&] { return __real_mkdir(path, mode); });
}
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl50-cpp,cert-dcl51-cpp)
}

namespace patchbay::test {

Doom::Doom(unsigned step) {
  steps_left = step;
  is_dead = false;
}
Doom::~Doom() {
  steps_left = 0;
  is_dead = false;
}
bool Doom::struck() const { return is_dead; }

}  // namespace patchbay::test
