// SPDX-License-Identifier: Apache-2.0
#include "test/stress/call.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "common/os/retry.hpp"

namespace patchbay::stress {

namespace {

using os::retry_interrupted;
using os::UniqueFd;
using test::fail_errno;

// Filled before anybody reads: a request is much smaller than a pipe.
UniqueFd pipe_with(const std::string& text) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail_errno("pipe2");
  UniqueFd out{ends[0]}, in{ends[1]};
  if (write(in.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) fail_errno("write a request");
  return out;
}

UniqueFd memory_file() {
  UniqueFd file{memfd_create("output", MFD_CLOEXEC)};
  if (!file) fail_errno("memfd_create");
  return file;
}

std::string content(const UniqueFd& file) {
  struct stat status {};
  if (fstat(file.get(), &status) != 0) fail_errno("fstat");
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  const auto size = pread(file.get(), text.data(), text.size(), 0);
  if (size != status.st_size) fail_errno("pread");
  return text;
}

// posix_spawn(3) with what is to be undone of it.
class Spawning {
 public:
  Spawning() {
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    require(posix_spawn_file_actions_init(&actions_));
    require(posix_spawnattr_init(&attributes_));
    require(posix_spawnattr_setsigdefault(&attributes_, &defaults));
    require(posix_spawnattr_setpgroup(&attributes_, 0));
    require(posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
  }
  Spawning(const Spawning&) = delete;
  Spawning& operator=(const Spawning&) = delete;
  ~Spawning() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }

  void bind(const UniqueFd& from, int to) { require(posix_spawn_file_actions_adddup2(&actions_, from.get(), to)); }
  int start(const test::Program& program) {
    const auto arguments = test::pointers(program.arguments), environment = test::pointers(program.environment);
    pid_t pid = -1;
    require(posix_spawn(&pid, arguments[0], &actions_, &attributes_, arguments.data(), environment.data()));
    return pid;
  }

 private:
  static void require(int error_number) {
    if (error_number != 0) throw std::runtime_error{std::string{"posix_spawn: "} + std::strerror(error_number)};
  }
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// Without copying this program's memory, unless a time namespace has to be entered on the way.
int spawn(const test::Program& program, const UniqueFd& in, const UniqueFd& out, const UniqueFd& err) {
  if (program.time >= 0) return test::start(program, in.get(), out.get(), err.get());
  Spawning spawning;
  spawning.bind(in, 0);
  spawning.bind(out, 1);
  spawning.bind(err, 2);
  return spawning.start(program);
}

bool ended_within(const UniqueFd& process, std::chrono::nanoseconds time) {
  pollfd event{process.get(), POLLIN, 0};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const timespec patience{seconds.count(), (time - seconds).count()};
  const int ready = retry_interrupted([&] { return ppoll(&event, 1, &patience, nullptr); });
  if (ready < 0) fail_errno("ppoll");
  return ready > 0;
}

}  // namespace

Called call(const test::Program& program, const Blow& blow) {
  Called called;
  const auto in = pipe_with(program.input);
  const auto out = memory_file(), err = memory_file();
  called.span.begin = now();
  const int pid = spawn(program, in, out, err);
  const auto process = test::pidfd(pid);
  called.struck = blow.strike && !ended_within(process, blow.after);
  if (called.struck) blow.strike(pid);
  called.hung = !ended_within(process, program.patience);
  if (called.hung) kill(pid, SIGKILL);
  called.ran.exit_code = test::reap(pid, program.patience);
  called.span.end = now();
  called.ran.out = content(out);
  called.ran.err = content(err);
  return called;
}

}  // namespace patchbay::stress
