// SPDX-License-Identifier: Apache-2.0
// Plugins called as a runtime calls them, and programs that run beside the test.
#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "common/os/unique_fd.hpp"
#include "test/support/process.hpp"
#include "test/support/state.hpp"

namespace patchbay::test {

namespace {

using os::UniqueFd;

// The first file of this name in the directories of `path`, as CNI_PATH is searched.
std::string find_plugin(const std::string& path, const std::string& plugin) {
  std::istringstream directories{path};
  for (std::string directory; std::getline(directories, directory, ':');) {
    const auto file = directory + "/" + plugin;
    if (access(file.c_str(), X_OK) == 0) return file;
  }
  throw std::runtime_error{"no plugin " + plugin + " in " + path};
}

std::string name_of(const std::string& entry) { return entry.substr(0, entry.find('=')); }

void set(std::vector<std::string>& environment, const std::string& entry) {
  std::erase_if(environment, [&](const auto& other) { return name_of(other) == name_of(entry); });
  if (entry.find('=') != std::string::npos) environment.push_back(entry);
}

// Exactly what libcni sets, and what sanitizers need.
std::vector<std::string> plugin_environment(const Call& call) {
  std::vector<std::string> all{"CNI_COMMAND=" + call.command, "CNI_CONTAINERID=" + call.container,
                               "CNI_NETNS=" + call.netns,     "CNI_IFNAME=" + call.ifname,
                               "CNI_ARGS=" + call.args,       "CNI_PATH=" + call.path};
  for (const char* name : {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"})
    if (const char* value = std::getenv(name)) all.push_back(std::string{name} + "=" + value);
  for (const auto& entry : call.environment) set(all, entry);
  return all;
}

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

UniqueFd open_file(const std::string& path, int flags) {
  UniqueFd file{open(path.c_str(), flags | O_CLOEXEC, 0600)};
  if (!file) fail_errno("open " + path);
  return file;
}

}  // namespace

nlohmann::json Ran::json() const {
  auto parsed = nlohmann::json::parse(out, nullptr, false);
  if (parsed.is_discarded())
    throw std::runtime_error{"no JSON, exit code " + std::to_string(exit_code) + ":\n" + out + err};
  return parsed;
}

Ran World::call(const Call& call) {
  const Program program{.arguments = {find_plugin(call.path, call.plugin)},
                        .environment = plugin_environment(call),
                        .input = call.config.is_null() ? std::string{} : call.config.dump()};
  return runner ? runner(call, program) : run(program);
}

nlohmann::json World::add(Call call) {
  call.command = "ADD";
  const auto ran = this->call(call);
  if (ran.exit_code == 0) return ran.json();
  throw std::runtime_error{call.plugin + " ADD " + call.container + " " + call.ifname + ": exit code " +
                           std::to_string(ran.exit_code) + "\n" + ran.out + ran.err};
}

int World::background(const std::string& name, const std::string& command, const std::string& ready) {
  const UniqueFd netns{open_netns(name)};
  std::string output = "/run/background/XXXXXX";
  const UniqueFd log{mkostemp(output.data(), O_APPEND | O_CLOEXEC)};
  if (!log) fail_errno("create " + output);
  const auto nothing = open_file("/dev/null", O_RDONLY);
  const int pid =
      start({.arguments = {"/bin/sh", "-c", command}, .environment = own_environment(), .netns = netns.get()},
            nothing.get(), log.get(), log.get());
  {
    const std::lock_guard lock{state_->mutex};
    state_->processes[pid] = output;
  }
  if (!ready.empty() && !wait_for_output(pid, ready, 10000))
    throw std::runtime_error{"not ready: " + command + "\nwaited for: " + ready + "\n" + this->output(pid)};
  return pid;
}

std::string World::output(int pid) {
  const std::lock_guard lock{state_->mutex};
  const auto running = state_->processes.find(pid);
  return read_file(running != state_->processes.end() ? running->second : state_->past_processes.at(pid));
}

bool World::wait_for_output(int pid, const std::string& text, int milliseconds) {
  const UniqueFd changes{inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
  std::string path;
  {
    const std::lock_guard lock{state_->mutex};
    path = state_->processes.at(pid);
  }
  if (!changes || inotify_add_watch(changes.get(), path.c_str(), IN_MODIFY) < 0) fail_errno("inotify");
  const auto process = pidfd(pid);
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{milliseconds};
  while (read_file(path).find(text) == std::string::npos) {
    pollfd events[2] = {{changes.get(), POLLIN, 0}, {process.get(), POLLIN, 0}};
    const int ready = poll(events, 2, milliseconds_until(end));
    if (ready < 0 && errno != EINTR) fail_errno("poll");
    if (ready == 0 || events[1].revents != 0) return read_file(path).find(text) != std::string::npos;
    char seen[4096];
    if (read(changes.get(), seen, sizeof seen) < 0 && errno != EAGAIN) fail_errno("read inotify");
  }
  return true;
}

void World::stop(int pid) {
  const std::lock_guard lock{state_->mutex};
  const auto process = state_->processes.extract(pid);
  if (process.empty()) return;
  state_->past_processes[pid] = process.mapped();
  end(pid);
}

}  // namespace patchbay::test
