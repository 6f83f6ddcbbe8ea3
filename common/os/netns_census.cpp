// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <set>
#include <string_view>

#include "common/base/error.hpp"
#include "common/os/file.hpp"
#include "common/os/netns.hpp"

namespace patchbay::os {
namespace {

constexpr std::size_t kLargestMountinfo = 64U << 20U;  // a node with 100,000 mounts has some 20 MiB

template <typename Number>
std::optional<Number> number_at_start(std::string_view text) {
  Number number{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{}) return std::nullopt;
  return number;
}

std::string_view next_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

// "36 35 0:4 net:[4026532281] /run/netns/red rw ..." (proc_pid_mountinfo(5)): device and root.
std::optional<NetnsId> netns_mounted_by(std::string_view line) {
  next_word(line);
  next_word(line);
  const std::string_view device = next_word(line);
  std::string_view root = next_word(line);
  if (!root.starts_with("net:[") || device.find(':') == std::string_view::npos) return std::nullopt;
  const auto upper = number_at_start<unsigned>(device);
  const auto lower = number_at_start<unsigned>(device.substr(device.find(':') + 1));
  const auto inode = number_at_start<std::uint64_t>(root.substr(5));
  if (!upper || !lower || !inode) return std::nullopt;
  return NetnsId{makedev(*upper, *lower), *inode};
}

void add_mounted(const std::string& mountinfo, std::vector<NetnsId>& alive) {
  std::string_view rest = mountinfo;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (const auto id = netns_mounted_by(rest.substr(0, end))) alive.push_back(*id);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

bool has_died(int error_number) { return error_number == ENOENT || error_number == ESRCH || error_number == EINVAL; }

// nullopt when the process has died.
std::optional<std::string> mountinfo_of(const std::string& process) {
  try {
    return read_file(process + "/mountinfo", kLargestMountinfo);
  } catch (const Error& error) {
    if (has_died(error.error_number())) return std::nullopt;
    throw;
  }
}

// The files of /proc/<pid>/net have inode numbers of their own in every network namespace (they are
// entries of that namespace's tree, fs/proc/proc_net.c), and may be looked at without ptrace(2) rights.
std::optional<ino_t> net_directory_of(const std::string& process) {
  struct ::stat status {};
  if (stat((process + "/net/dev").c_str(), &status) == 0) return status.st_ino;
  if (has_died(errno)) return std::nullopt;
  throw system_error(Code::io_failure, "examine " + process + "/net/dev", errno);
}

class Walk {
 public:
  void add(const std::string& process) {
    const auto net = namespace_of(process, "net");
    if (!net) return;
    alive_.push_back(*net);
    examined_.push_back(process);
    const auto mounts = namespace_of(process, "mnt");
    if (!mounts || std::find(seen_mounts_.begin(), seen_mounts_.end(), *mounts) != seen_mounts_.end()) return;
    if (add_mounts(process)) seen_mounts_.push_back(*mounts);
  }

  std::vector<NetnsId> finish() && {
    if (!hidden_.empty()) settle_hidden();
    std::sort(alive_.begin(), alive_.end());
    alive_.erase(std::unique(alive_.begin(), alive_.end()), alive_.end());
    return std::move(alive_);
  }

 private:
  // nullopt when the process has died, or is hidden.
  std::optional<NetnsId> namespace_of(const std::string& process, const char* kind) {
    const std::string path = process + "/ns/" + kind;
    struct ::stat status {};
    if (stat(path.c_str(), &status) == 0) return NetnsId{status.st_dev, status.st_ino};
    if (has_died(errno)) return std::nullopt;
    if (errno != EACCES && errno != EPERM) throw system_error(Code::io_failure, "examine " + path, errno);
    hidden_.push_back(process);
    return std::nullopt;
  }

  bool add_mounts(const std::string& process) {
    const auto mountinfo = mountinfo_of(process);
    if (mountinfo) add_mounted(*mountinfo, alive_);
    return mountinfo.has_value();
  }

  // Processes whose namespaces we may not examine do no harm when each is in the same network
  // namespace as some other process that we did examine. Otherwise one cannot know.
  void settle_hidden() {
    std::set<ino_t> familiar;
    for (const std::string& process : examined_) {
      if (const auto directory = net_directory_of(process)) familiar.insert(*directory);
    }
    for (const std::string& process : hidden_) {
      const auto directory = net_directory_of(process);
      if (!directory) continue;
      if (!familiar.contains(*directory)) throw Error{Code::io_failure, process + " is in a namespace unknown to us"};
      add_mounts(process);
    }
  }

  std::vector<NetnsId> alive_;
  std::vector<NetnsId> seen_mounts_;  // mount namespaces; identified the same way
  std::vector<std::string> examined_, hidden_;
};

// Every network namespace that has a process or a mount. One that merely some descriptor or thread
// still holds has no container in it any more. Throws when not everything can be seen.
std::vector<NetnsId> all_alive() {
  struct Close {
    void operator()(DIR* stream) const { closedir(stream); }
  };
  const std::unique_ptr<DIR, Close> processes{opendir("/proc")};
  if (!processes) throw system_error(Code::io_failure, "list /proc", errno);
  Walk walk;
  walk.add("/proc/self");
  bool first_seen = false;  // hidepid= in proc(5) hides the processes of others, the first among them
  while (true) {
    errno = 0;
    const dirent* entry = readdir(processes.get());
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    first_seen = first_seen || name == "1";
    walk.add("/proc/" + name);
  }
  if (errno != 0 || !first_seen) throw system_error(Code::io_failure, "list /proc", errno);
  return std::move(walk).finish();
}

}  // namespace

bool NetnsCensus::provably_gone(const NetnsId& id, const std::string& path) {
  try {
    const auto there = Netns::find(path, true);
    if (there && there->id() == id) return false;
    if (!taken_) {
      taken_ = true;
      alive_ = all_alive();
      complete_ = true;
    }
  } catch (const Error&) {
    return false;  // in doubt
  }
  return complete_ && !std::binary_search(alive_.begin(), alive_.end(), id);
}

bool provably_gone(const NetnsId& id, const std::string& path) { return NetnsCensus{}.provably_gone(id, path); }

}  // namespace patchbay::os
