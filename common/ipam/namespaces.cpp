// SPDX-License-Identifier: Apache-2.0
#include "common/ipam/namespaces.hpp"

#include <sys/stat.h>

namespace patchbay::ipam {
namespace {

std::optional<os::NetnsId> examine(const char* path) {
  struct ::stat status {};
  if (stat(path, &status) != 0) return std::nullopt;
  return os::NetnsId{status.st_dev, status.st_ino};
}

// A process stays in its PID namespace for life.
const std::optional<os::NetnsId>& own() {
  static const auto id = examine("/proc/self/ns/pid");
  return id;
}

}  // namespace

std::uint64_t own_pid_namespace() { return own() ? own()->inode : 0; }

std::optional<os::NetnsId> namespace_at(const std::string& path) {
  const auto there = path.empty() ? std::nullopt : examine(path.c_str());
  // Namespaces of all kinds, and nothing else, live on one device.
  return there && own() && there->device == own()->device ? there : std::nullopt;
}

}  // namespace patchbay::ipam
