// SPDX-License-Identifier: Apache-2.0
// Work that is killed: before and after each of its system calls in turn.
#pragma once

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <stdexcept>

namespace patchbay::test {

// Runs `work` in a child that is killed at its `stop`th entry to or exit from a system call. True
// when it ended before; then it must have succeeded.
template <typename Work>
bool survives(unsigned stop, Work&& work) {
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error{"fork"};
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(77);
    raise(SIGSTOP);
    try {
      work();
    } catch (const std::exception&) {
      _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  for (unsigned i = 0; i < stop && WIFSTOPPED(status); ++i) {
    ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    waitpid(child, &status, 0);
  }
  if (WIFSTOPPED(status)) {
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return false;
  }
  if (WEXITSTATUS(status) != 0) throw std::runtime_error{"the work failed by itself"};
  return true;
}

inline bool ptrace_works() {
  try {
    return survives(1'000'000, [] {});
  } catch (const std::runtime_error&) {
    return false;
  }
}

// For every point: `prepare`, `work` until it is killed there, `examine`. Returns how many there were.
template <typename Prepare, typename Work, typename Examine>
unsigned at_every_point(Prepare&& prepare, Work&& work, Examine&& examine) {
  for (unsigned stop = 1;; ++stop) {
    prepare();
    const bool survived = survives(stop, work);
    examine(stop);
    if (survived) return stop;
  }
}

}  // namespace patchbay::test
