// SPDX-License-Identifier: Apache-2.0
#include "common/ipam/detail/boot_marker.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "common/base/error.hpp"

namespace patchbay::ipam::detail {
namespace {

constexpr const char* kName = "boot";

std::string path_in(const os::Directory& index) { return index.path() + "/" + kName; }

// Empty when it is no link, or absent.
std::string marked_boot(const os::Directory& index) {
  std::array<char, 128> target{};
  const ssize_t size = readlink(path_in(index).c_str(), target.data(), target.size());
  return size > 0 ? std::string{target.data(), static_cast<std::size_t>(size)} : std::string{};
}

}  // namespace

// Whatever else it is: reclaiming once more does no harm.
bool is_marked(const os::Directory& index, const std::string& boot_id) { return marked_boot(index) == boot_id; }

bool is_marked_by_another(const os::Directory& index, const std::string& boot_id) {
  const std::string marked = marked_boot(index);
  return !marked.empty() && marked != boot_id;
}

// Killed in between, there is none: reclaiming once more does no harm.
void mark(const os::Directory& index, const std::string& boot_id) {
  index.make();
  index.remove(kName);
  if (symlink(boot_id.c_str(), path_in(index).c_str()) != 0) {
    throw system_error(Code::io_failure, "create " + path_in(index), errno);
  }
}

}  // namespace patchbay::ipam::detail
