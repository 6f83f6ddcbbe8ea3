// SPDX-License-Identifier: Apache-2.0
// What is in a directory.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "common/base/error.hpp"
#include "common/os/detail/absent.hpp"
#include "common/os/detail/open_directory.hpp"
#include "common/os/file.hpp"

namespace patchbay::os {
namespace {

// S_IFREG, S_IFDIR…; 0 of what has gone meanwhile.
mode_t type_of(int directory, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return static_cast<mode_t>(DTTOIF(entry.d_type));
  struct ::stat status {};
  return fstatat(directory, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status.st_mode & S_IFMT : 0;
}

}  // namespace

std::vector<std::string> Directory::entries(mode_t type) const {
  std::vector<std::string> names;
  UniqueFd fd = detail::open_directory(base(), fd_ ? "." : path_.c_str());  // with a position of its own
  if (!fd && !fd_ && detail::is_absent(errno)) return names;
  struct Close {
    void operator()(DIR* stream) const { closedir(stream); }
  };
  const std::unique_ptr<DIR, Close> stream{fd ? fdopendir(fd.get()) : nullptr};
  if (!stream) throw system_error(Code::io_failure, "list " + path_, errno);
  static_cast<void>(fd.release());  // the stream's now
  while (true) {
    errno = 0;
    const dirent* entry = readdir(stream.get());
    if (entry == nullptr) break;
    if (type_of(dirfd(stream.get()), *entry) == type) names.emplace_back(entry->d_name);
  }
  if (errno != 0) throw system_error(Code::io_failure, "list " + path_, errno);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> Directory::list_all() const { return entries(S_IFREG); }

std::vector<std::string> Directory::list() const {
  std::vector<std::string> names = list_all();
  std::erase_if(names, [](const std::string& name) { return name.starts_with(kTemporaryPrefix); });
  return names;
}

std::vector<std::string> Directory::directories() const {
  std::vector<std::string> names = entries(S_IFDIR);
  std::erase_if(names, [](const std::string& name) { return name == "." || name == ".."; });
  return names;
}

void Directory::remove_stale() const {
  for (const std::string& name : entries(S_IFREG)) {
    if (name.starts_with(kTemporaryPrefix)) remove(name);
  }
}

}  // namespace patchbay::os
