// SPDX-License-Identifier: Apache-2.0
#include "common/os/detail/exec.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

#include "common/os/retry.hpp"

namespace patchbay::os::detail {
namespace {

constexpr int kNotExecuted = 127;  // as a shell says it

[[noreturn]] void give_up(int exec_failure, int error_number) {
  [[maybe_unused]] const ssize_t ignored = write(exec_failure, &error_number, sizeof error_number);
  _exit(kNotExecuted);
}

// What goes to the program, and what stays until it runs. A copy of whatever else we hold is closed
// at once and not just by exec: it could be the very descriptor that somebody writes the program by.
constexpr int kExecutable = 3;
constexpr int kExecFailure = 4;
constexpr int kFirstOther = 5;

bool install(int from, int as, int flags) {
  return retry_interrupted([&] { return dup3(from, as, flags); }) >= 0;
}

bool install_descriptors(const ExecPlan& plan) {
  // All out of the way first: we may have been started without some of 0-2, whose numbers the pipes then have.
  std::array<int, 5> sources{plan.in, plan.out, plan.err, plan.executable, plan.exec_failure};
  for (int& source : sources) {
    source = fcntl(source, F_DUPFD_CLOEXEC, kFirstOther);
    if (source < 0) return false;
  }
  return install(sources[4], kExecFailure, O_CLOEXEC) && install(sources[3], kExecutable, O_CLOEXEC) &&
         install(sources[0], STDIN_FILENO, 0) && install(sources[1], STDOUT_FILENO, 0) &&
         install(sources[2], STDERR_FILENO, 0);
}

void close_the_rest() {
  if (close_range(kFirstOther, UINT_MAX, 0) == 0) return;
  static constexpr int kOrdinaryLimit = 1024;  // Linux before 5.9, or a seccomp filter older than that
  for (int fd = kFirstOther; fd < kOrdinaryLimit; ++fd) close(fd);
}

// exec resets handlers, but neither the mask nor what we ignore ourselves.
void reset_signals() {
  static_cast<void>(signal(SIGPIPE, SIG_DFL));
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void execute(const ExecPlan& plan) {
  execveat(kExecutable, "", plan.argv, plan.envp, AT_EMPTY_PATH);
  // A script's interpreter is to open "/dev/fd/<n>", which O_CLOEXEC will have closed: execveat(2).
  if (errno == ENOENT) execve(plan.path, plan.argv, plan.envp);
}

}  // namespace

void become(const ExecPlan& plan) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) give_up(plan.exec_failure, errno);
  if (getppid() != plan.parent) _exit(kNotExecuted);  // it died before the line above
  if (!install_descriptors(plan)) give_up(plan.exec_failure, errno);
  close_the_rest();
  reset_signals();
  // ETXTBSY: somebody is just installing the file. Nothing tells when that is over.
  static constexpr int kTries = 20;
  for (int tries = 1; execute(plan), errno == ETXTBSY && tries < kTries; ++tries) {
    static_cast<void>(poll(nullptr, 0, 10));
  }
  give_up(kExecFailure, errno);
}

}  // namespace patchbay::os::detail
