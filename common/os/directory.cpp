// SPDX-License-Identifier: Apache-2.0
// A file is complete before its name appears, so a killed process leaves no torn one. fsync(2) is
// left out on purpose: after a power cut the boot ID in our files tells that they are of the past.
#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <memory>

#include "common/base/error.hpp"
#include "common/os/detail/read_bounded.hpp"
#include "common/os/file.hpp"
#include "common/os/retry.hpp"

namespace patchbay::os {
namespace {

std::string in(const Directory& directory, const std::string& name) { return directory.path() + "/" + name; }

void require_plain_name(const Directory& directory, const std::string& name) {
  const bool plain = !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
                     name.find('\0') == std::string::npos;
  if (!plain) throw Error{Code::internal, "\"" + name + "\" is not a file name in " + directory.path()};
}

// "dir/" would follow a link that "dir" is; see open(2) on O_NOFOLLOW.
std::string without_trailing_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

UniqueFd open_directory(int at, const char* path) {
  return UniqueFd{retry_interrupted([&] { return openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); })};
}

void make_directory(const std::string& path, unsigned mode) {
  if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    throw system_error(Code::io_failure, "create directory " + path, errno);
  }
}

void write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t put = retry_interrupted([&] { return write(fd, content.data(), content.size()); });
    if (put < 0) throw system_error(Code::io_failure, "write " + path, errno);
    content.remove_prefix(static_cast<std::size_t>(put));
  }
}

std::string temporary_name() {
  std::uint64_t number = 0;
  if (retry_interrupted([&] { return getrandom(&number, sizeof number, 0); }) != sizeof number) {
    throw system_error(Code::internal, "get random bytes for a temporary name", errno);
  }
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  return std::string{kTemporaryPrefix} + std::string{digits.data(), end};
}

// A complete file under a temporary name, which goes away again unless it was renamed.
class Temporary {
 public:
  Temporary(const Directory& directory, std::string_view content, unsigned mode)
      : directory_(directory), name_(temporary_name()) {
    const std::string path = in(directory, name_);
    const UniqueFd fd{retry_interrupted([&] {
      return openat(directory.fd(), name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    })};
    if (!fd) throw system_error(Code::io_failure, "create " + path, errno);
    try {
      write_all(fd.get(), content, path);
    } catch (...) {
      unlink();
      throw;
    }
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  Temporary(Temporary&&) = delete;
  Temporary& operator=(Temporary&&) = delete;
  ~Temporary() {
    if (!renamed_) unlink();
  }

  [[nodiscard]] int link_as(const std::string& name) const {
    return linkat(directory_.fd(), name_.c_str(), directory_.fd(), name.c_str(), 0);
  }
  void rename_to(const std::string& name) {
    if (renameat(directory_.fd(), name_.c_str(), directory_.fd(), name.c_str()) != 0) {
      throw system_error(Code::io_failure, "replace " + in(directory_, name), errno);
    }
    renamed_ = true;
  }

 private:
  // A failure leaves a stale temporary file; remove_stale() takes it.
  void unlink() const { static_cast<void>(unlinkat(directory_.fd(), name_.c_str(), 0)); }

  const Directory& directory_;
  std::string name_;
  bool renamed_ = false;
};

enum class Linked { yes, name_taken, unsupported };

// Without any name while it is incomplete: not even a kill leaves something to clean up.
Linked create_unnamed(const Directory& directory, const std::string& name, std::string_view content, unsigned mode) {
  const UniqueFd fd{
      retry_interrupted([&] { return openat(directory.fd(), ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode); })};
  if (!fd) {
    // EISDIR and EOPNOTSUPP: kernel or filesystem without O_TMPFILE (open(2)).
    if (errno == EISDIR || errno == EOPNOTSUPP || errno == EINVAL) return Linked::unsupported;
    throw system_error(Code::io_failure, "create " + in(directory, name), errno);
  }
  write_all(fd.get(), content, in(directory, name));
  if (linkat(fd.get(), "", directory.fd(), name.c_str(), AT_EMPTY_PATH) == 0) return Linked::yes;
  if (errno == EEXIST) return Linked::name_taken;
  // ENOENT: without CAP_DAC_READ_SEARCH the name has to go through /proc (open(2)).
  const std::string link = "/proc/self/fd/" + std::to_string(fd.get());
  if (linkat(AT_FDCWD, link.c_str(), directory.fd(), name.c_str(), AT_SYMLINK_FOLLOW) == 0) return Linked::yes;
  return errno == EEXIST ? Linked::name_taken : Linked::unsupported;
}

bool is_regular(int directory, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_REG;
  struct ::stat status {};
  return fstatat(directory, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode);
}

std::vector<std::string> regular_files(const Directory& directory) {
  UniqueFd fd = open_directory(directory.fd(), ".");  // with a position of its own
  struct Close {
    void operator()(DIR* stream) const { closedir(stream); }
  };
  const std::unique_ptr<DIR, Close> stream{fd ? fdopendir(fd.get()) : nullptr};
  if (!stream) throw system_error(Code::io_failure, "list " + directory.path(), errno);
  static_cast<void>(fd.release());  // the stream's now
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = readdir(stream.get());
    if (entry == nullptr) break;
    if (is_regular(directory.fd(), *entry)) names.emplace_back(entry->d_name);
  }
  if (errno != 0) throw system_error(Code::io_failure, "list " + directory.path(), errno);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Directory Directory::ensure(const std::string& path, unsigned mode) {
  std::string clean = without_trailing_slash(path);
  UniqueFd fd = open_directory(AT_FDCWD, clean.c_str());
  if (!fd && errno == ENOENT) {
    for (std::size_t slash = clean.find('/', 1); slash != std::string::npos; slash = clean.find('/', slash + 1)) {
      make_directory(clean.substr(0, slash), 0755);
    }
    make_directory(clean, mode);
    fd = open_directory(AT_FDCWD, clean.c_str());
  }
  if (!fd) throw system_error(Code::io_failure, "open directory " + clean, errno);
  return {std::move(clean), std::move(fd)};
}

std::optional<Directory> Directory::find(const std::string& path) {
  std::string clean = without_trailing_slash(path);
  UniqueFd fd = open_directory(AT_FDCWD, clean.c_str());
  if (fd) return Directory{std::move(clean), std::move(fd)};
  if (errno == ENOENT) return std::nullopt;
  throw system_error(Code::io_failure, "open directory " + clean, errno);
}

std::optional<std::string> Directory::read(const std::string& name, std::size_t limit) const {
  require_plain_name(*this, name);
  const UniqueFd fd{retry_interrupted(
      [&] { return openat(fd_.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY); })};
  if (!fd) {
    if (errno == ENOENT) return std::nullopt;
    if (errno == ELOOP) throw Error{Code::io_failure, in(*this, name) + " is not a regular file"};
    throw system_error(Code::io_failure, "open " + in(*this, name), errno);
  }
  return detail::read_bounded(fd.get(), in(*this, name), limit);
}

bool Directory::create(const std::string& name, std::string_view content, unsigned mode) const {
  require_plain_name(*this, name);
  // Looking first is much cheaper than writing a file for a name that is taken.
  struct ::stat status {};
  if (fstatat(fd_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return false;
  const Linked linked = create_unnamed(*this, name, content, mode);
  if (linked != Linked::unsupported) return linked == Linked::yes;
  const Temporary temporary{*this, content, mode};
  if (temporary.link_as(name) == 0) return true;
  if (errno == EEXIST) return false;
  throw system_error(Code::io_failure, "create " + in(*this, name), errno);
}

void Directory::write(const std::string& name, std::string_view content, unsigned mode) const {
  require_plain_name(*this, name);
  Temporary{*this, content, mode}.rename_to(name);
}

bool Directory::remove(const std::string& name) const {
  require_plain_name(*this, name);
  if (unlinkat(fd_.get(), name.c_str(), 0) == 0) return true;
  if (errno == ENOENT) return false;
  throw system_error(Code::io_failure, "remove " + in(*this, name), errno);
}

std::vector<std::string> Directory::list() const {
  std::vector<std::string> names = regular_files(*this);
  std::erase_if(names, [](const std::string& name) { return name.starts_with(kTemporaryPrefix); });
  return names;
}

void Directory::remove_stale() const {
  for (const std::string& name : regular_files(*this)) {
    if (name.starts_with(kTemporaryPrefix)) remove(name);
  }
}

}  // namespace patchbay::os
