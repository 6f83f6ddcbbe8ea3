// SPDX-License-Identifier: Apache-2.0
#include "test/faults/injector/injector.hpp"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>

#include "test/faults/injector/launch.hpp"
#include "test/faults/injector/tree.hpp"

namespace patchbay::faults {
namespace {

using Clock = std::chrono::steady_clock;

// All of them, or just what the fault may befall; and what tells that main() has begun.
std::vector<long> watched_for(const std::optional<Fault>& fault) {
  std::vector<long> numbers;
  for (const Call& call : calls()) {
    const bool all = !fault || fault->lasts();
    if (all || call.name == fault->place.call || call.number == SYS_poll) numbers.push_back(call.number);
  }
  if (numbers.empty() || fault) numbers.push_back(SYS_execve);
  return numbers;
}

// SIGCHLD is taken by sigtimedwait(2), which has a time limit where waitpid(2) has none.
class ChildSignal {
 public:
  ChildSignal() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set_, &before_) != 0) test::fail_errno("sigprocmask");
  }
  ChildSignal(const ChildSignal&) = delete;
  ChildSignal& operator=(const ChildSignal&) = delete;
  ~ChildSignal() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

  // False when `end` has passed.
  [[nodiscard]] bool wait_until(Clock::time_point end) const {
    const int left = test::milliseconds_until(end);
    const timespec patience{.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1'000'000L};
    return left > 0 && (sigtimedwait(&set_, nullptr, &patience) >= 0 || errno == EINTR);
  }

 private:
  sigset_t set_{}, before_{};
};

int exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

Observation observe(const test::Program& program, const std::optional<Fault>& fault) {
  Observation observation;
  const ChildSignal child_signal;
  const Launched launched = launch(program, watched_for(fault));
  Tree tree{launched.pid, fault, observation};
  const auto start = Clock::now(), end = start + program.patience;
  if (ptrace(PTRACE_CONT, launched.pid, nullptr, nullptr) != 0) test::fail_errno("PTRACE_CONT");
  while (!tree.empty()) {
    int status = 0;
    const pid_t pid = waitpid(-launched.pid, &status, __WALL | WNOHANG);
    if (pid < 0) break;
    if (pid == 0) {
      if (observation.timed_out || child_signal.wait_until(end)) continue;
      observation.timed_out = true;
      tree.kill_all();
    } else if (WIFSTOPPED(status)) {
      tree.stopped(pid, status);
    } else {
      tree.ended(pid);
      if (pid != launched.pid) continue;
      observation.ran.exit_code = exit_code(status);
      observation.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
    }
  }
  observation.ran.out = content_of(launched.out);
  observation.ran.err = content_of(launched.err);
  return observation;
}

}  // namespace patchbay::faults
