// SPDX-License-Identifier: Apache-2.0
#include "common/os/netns.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "common/base/error.hpp"
#include "common/os/retry.hpp"

namespace patchbay::os {
namespace {

// Of the calling thread: setns(2) moves threads, not processes.
constexpr const char* kOwn = "/proc/thread-self/ns/net";

Error invalid(const std::string& path, std::string_view found) {
  return std::move(Error{Code::invalid_netns, "CNI_NETNS \"" + path + "\" " + std::string{found}}
                       .expected("the path of a network namespace")
                       .hint("the runtime makes it, as in /run/netns/<name> or /proc/<pid>/ns/net"));
}

UniqueFd open_any(const std::string& path) {
  // The path may be anything: O_NONBLOCK for a FIFO, O_NOCTTY for a terminal.
  return UniqueFd{
      retry_interrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); })};
}

struct ::stat status_of(int fd, const std::string& path) {
  struct ::stat status {};
  if (fstat(fd, &status) != 0) throw invalid(path, "cannot be examined").reason(errno);
  return status;
}

NetnsId id_of(const struct ::stat& status) { return {status.st_dev, status.st_ino}; }

// Every namespace is an inode of one filesystem, nsfs: what is on the device of our own is one.
bool is_nsfs(const NetnsId& id, const NetnsId& own) { return id.device == own.device; }

NetnsId own_id() {
  struct ::stat status {};
  if (::stat(kOwn, &status) != 0) {
    throw system_error(Code::invalid_netns, "cannot tell our own network namespace", errno)
        .hint("/proc must be mounted where plugins run");
  }
  return id_of(status);
}

// `fd` is in nsfs, where every kind of namespace lives.
int kind_of(int fd, const std::string& path) {
  const int kind = ioctl(fd, NS_GET_NSTYPE);
  if (kind < 0) throw invalid(path, "is a namespace whose kind the kernel does not tell").reason(errno);
  return kind;
}

void refuse_own(const std::string& path, const NetnsId& id, const NetnsId& own) {
  if (id != own) return;
  throw invalid(path, "is the network namespace that the plugin itself runs in")
      .expected("the container's network namespace")
      .hint("a container on the host's network gets no interfaces; CNI_NETNS_OVERRIDE=1 allows it all the same");
}

// What open(2) says when nothing is there, or nothing that could be a namespace, or when the process behind a
// /proc path has died: it is reaped (ENOENT), a zombie (ENOENT, EINVAL) or died during the look-up (ESRCH).
bool means_absent(int error_number) {
  static constexpr std::array kAbsent{ENOENT, ENOTDIR, ESRCH, EINVAL, ELOOP, ENAMETOOLONG, ENXIO};
  return std::ranges::find(kAbsent, error_number) != kAbsent.end();
}

// `ip netns add` makes its mount points with mode 0, so an unprivileged open() of one that lost its
// mount says EACCES. So does a process in /proc that dies during the look-up.
bool is_plain_file_or_absent(const std::string& path) {
  struct ::statfs filesystem {};
  struct ::stat status {};
  if (statfs(path.c_str(), &filesystem) != 0 || ::stat(path.c_str(), &status) != 0) return means_absent(errno);
  return filesystem.f_type != NSFS_MAGIC && S_ISREG(status.st_mode);
}

UniqueFd open_own() {
  UniqueFd fd = open_any(kOwn);
  if (fd) return fd;
  throw system_error(Code::invalid_netns, "open our own network namespace", errno)
      .hint("/proc must be mounted where plugins run");
}

// The way back may lack memory for a moment. Without it nothing else can be done, so it is worth a few tries.
bool return_to(int netns) {
  static constexpr int kTries = 5;
  for (int tries = 0; tries < kTries; ++tries) {
    if (setns(netns, CLONE_NEWNET) == 0) return true;
  }
  return false;
}

// setns(2) back, whatever happened in between.
class Visit {
 public:
  explicit Visit(const Netns& netns) : home_(open_own()) {
    if (setns(netns.fd(), CLONE_NEWNET) == 0) return;
    // setns(2): told the kind, the kernel compares it.
    if (errno == EINVAL) throw invalid(netns.path(), "is a namespace, but not a network namespace");
    throw system_error(Code::invalid_netns, "enter the container's network namespace", errno);
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  Visit(Visit&&) = delete;
  Visit& operator=(Visit&&) = delete;
  ~Visit() {
    if (return_to(home_.get())) return;
    // Whatever followed, undo included, would be done to the container in place of the host. The
    // runtime's DEL finds what is left by its tags.
    static constexpr std::string_view kLastWords = "cannot return to the host's network namespace; giving up\n";
    [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, kLastWords.data(), kLastWords.size());
    _exit(1);
  }

 private:
  UniqueFd home_;
};

}  // namespace

Netns Netns::open(const std::string& path, bool allow_own) {
  if (path.empty()) throw invalid(path, "is empty");
  UniqueFd fd = open_any(path);
  if (!fd) throw invalid(path, "cannot be opened").reason(errno);
  const NetnsId id = id_of(status_of(fd.get(), path)), own = own_id();
  if (!is_nsfs(id, own)) throw invalid(path, "is not a namespace");
  if (!allow_own) refuse_own(path, id, own);
  return {std::move(fd), id, path};
}

std::optional<Netns> Netns::find(const std::string& path, bool allow_own) {
  if (path.empty()) return std::nullopt;
  UniqueFd fd = open_any(path);
  if (!fd) {
    const int why = errno;
    if (means_absent(why) || (why == EACCES && is_plain_file_or_absent(path))) return std::nullopt;
    throw invalid(path, "cannot be opened").reason(why);
  }
  const NetnsId id = id_of(status_of(fd.get(), path)), own = own_id();
  // The container's namespace is gone from here, whatever is in its place.
  if (!is_nsfs(id, own) || kind_of(fd.get(), path) != CLONE_NEWNET) return std::nullopt;
  if (!allow_own) refuse_own(path, id, own);
  return Netns{std::move(fd), id, path};
}

Netns Netns::own() {
  UniqueFd fd = open_own();
  const NetnsId id = id_of(status_of(fd.get(), kOwn));
  return {std::move(fd), id, kOwn};
}

void inside(const Netns& netns, const std::function<void()>& work) {
  const Visit visit{netns};
  work();
}

}  // namespace patchbay::os
