// SPDX-License-Identifier: Apache-2.0
#include "test/support/world.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "common/os/unique_fd.hpp"
#include "test/support/process.hpp"
#include "test/support/state.hpp"

namespace patchbay::test {

namespace {

using os::UniqueFd;
namespace fs = std::filesystem;

constexpr const char* kOwnNetns = "/proc/thread-self/ns/net";

void write_file(const std::string& path, const std::string& text) {
  UniqueFd file{open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!file || write(file.get(), text.data(), text.size()) < 0) fail_errno("write " + path);
}

// user_namespaces(7): an ordinary user becomes root of a namespace by mapping only itself.
void become_root_of_own_namespace() {
  const auto user = std::to_string(getuid()), group = std::to_string(getgid());
  if (unshare(CLONE_NEWUSER) != 0) fail_errno("this user may not make user namespaces: unshare");
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", "0 " + user + " 1");
  write_file("/proc/self/gid_map", "0 " + group + " 1");
}

void enter_private_namespaces() {
  constexpr int kNamespaces = CLONE_NEWNS | CLONE_NEWNET;
  if (geteuid() == 0 && unshare(kNamespaces) == 0) return;
  become_root_of_own_namespace();
  if (unshare(kNamespaces) != 0) fail_errno("unshare");
}

void loopback_up() {
  UniqueFd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ifreq request{};
  request.ifr_name[0] = 'l', request.ifr_name[1] = 'o';
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (!socket || ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) fail_errno("lo up");
}

void mount_tmpfs(std::vector<std::string>& mounts, const std::string& where) {
  if (mount("tmpfs", where.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") != 0) fail_errno("tmpfs on " + where);
  mounts.push_back(where);
}

// Where plugins and runtimes keep state: empty, and the machine's own out of sight. A directory that
// the machine lacks is made in a tmpfs over its parent, never on the machine.
void hide_state(std::vector<std::string>& mounts) {
  mount_tmpfs(mounts, "/run");
  mount_tmpfs(mounts, fs::exists("/var/lib/cni") ? "/var/lib/cni" : "/var/lib");
  fs::create_directories("/var/lib/cni");
  if (fs::exists("/etc/cni")) mount_tmpfs(mounts, "/etc/cni");
  fs::create_directories("/run/netns");
  fs::create_directories("/run/background");
  // Where sysfs may not be mounted anew /sys shows the old namespace; only sh() would notice.
  if (mount("sysfs", "/sys", "sysfs", 0, nullptr) == 0) mounts.emplace_back("/sys");
}

UniqueFd open_readable(const std::string& path) {
  UniqueFd file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) fail_errno("open " + path);
  return file;
}

// In the namespace of the descriptor, and back at the end of the scope.
class Visit {
 public:
  explicit Visit(int netns) : home_(open_readable(kOwnNetns)) {
    if (netns >= 0 && setns(netns, CLONE_NEWNET) != 0) fail_errno("setns");
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  ~Visit() {
    if (setns(home_.get(), CLONE_NEWNET) != 0) std::terminate();  // lost in a foreign namespace
  }

 private:
  UniqueFd home_;
};

constexpr const char* kIptables = "/run/iptables";

std::string named(const std::string& name) { return "/run/netns/" + name; }

}  // namespace

int open_netns(const std::string& name) { return name.empty() ? -1 : open_readable(named(name)).release(); }

World::World() : state_(std::make_unique<State>()) {
  enter_private_namespaces();
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail_errno("make mounts private");
  hide_state(state_->mounts);
  loopback_up();
  set_iptables("legacy");
}

World::~World() {
  while (!state_->processes.empty()) stop(state_->processes.begin()->first);
  // A second World in this process copies these mounts: namespaces bound in them would live on.
  std::for_each(state_->mounts.rbegin(), state_->mounts.rend(),
                [](const auto& where) { std::ignore = umount2(where.c_str(), MNT_DETACH); });
}

void World::set_iptables(const std::string& variant) {
  fs::remove_all(kIptables);
  fs::create_directory(kIptables);
  for (const std::string family : {"iptables", "ip6tables"})
    for (const std::string suffix : {"", "-save", "-restore"})
      fs::create_symlink("/usr/sbin/" + family + "-" + variant + suffix, kIptables + ("/" + family) + suffix);
  const std::string old = std::getenv("PATH") == nullptr ? "" : std::getenv("PATH");
  if (!old.starts_with(kIptables)) setenv("PATH", (std::string{kIptables} + ":/usr/sbin:" + old).c_str(), 1);
}

std::string World::prepare_for(const std::string& backend) {
  if (backend != "iptables-nft") return backend;
  set_iptables("nft");
  return "iptables";
}

std::string World::netns(const std::string& name) {
  const std::lock_guard lock{state_->mutex};
  const auto path = named(name);
  if (!state_->namespaces.insert(name).second) return path;
  const Visit come_back{-1};
  if (unshare(CLONE_NEWNET) != 0) fail_errno("unshare");
  loopback_up();
  std::ofstream{path}.close();
  if (mount(kOwnNetns, path.c_str(), nullptr, MS_BIND, nullptr) != 0) fail_errno("bind " + path);
  return path;
}

void World::remove_netns(const std::string& name) {
  const std::lock_guard lock{state_->mutex};
  if (umount2(named(name).c_str(), MNT_DETACH) != 0) fail_errno("unmount " + named(name));
  fs::remove(named(name));
  state_->namespaces.erase(name);
}

void World::in(const std::string& name, const std::function<void()>& work) {
  const UniqueFd netns{open_netns(name)};
  const Visit visit{netns.get()};
  work();
}

Ran World::try_sh_in(const std::string& name, const std::string& command) {
  const UniqueFd netns{open_netns(name)};
  return run({.arguments = {"/bin/sh", "-c", command}, .environment = own_environment(), .netns = netns.get()});
}

Ran World::try_sh(const std::string& command) { return try_sh_in("", command); }

std::string World::sh_in(const std::string& name, const std::string& command) {
  auto ran = try_sh_in(name, command);
  if (ran.exit_code == 0) return ran.out;
  throw std::runtime_error{"in " + (name.empty() ? "the host" : name) + ": " + command + "\nexit code " +
                           std::to_string(ran.exit_code) + "\n" + ran.out + ran.err};
}

std::string World::sh(const std::string& command) { return sh_in("", command); }

}  // namespace patchbay::test
