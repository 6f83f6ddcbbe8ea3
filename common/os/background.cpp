// SPDX-License-Identifier: Apache-2.0
#include "common/os/background.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <exception>

#include "common/base/error.hpp"
#include "common/os/retry.hpp"

namespace patchbay::os {
namespace {

[[noreturn]] void become(const std::function<void()>& work) {
  if (close_range(0, UINT_MAX, 0) != 0) _exit(1);  // before Linux 5.9: then the work is done by whoever asked for it
  try {
    work();
  } catch (const std::exception&) {
    _exit(1);
  }
  _exit(0);
}

}  // namespace

Background Background::start(const std::function<void()>& work) {
  const pid_t pid = fork();
  if (pid < 0) throw system_error(Code::io_failure, "fork", errno);
  if (pid == 0) become(work);
  // By number: <sys/pidfd.h> is new in glibc 2.36, and not usable from C++ there.
  UniqueFd process{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))};
  if (process) return Background{std::move(process)};
  const int why = errno;
  kill(pid, SIGKILL);
  static_cast<void>(retry_interrupted([&] { return waitpid(pid, nullptr, 0); }));
  throw system_error(Code::io_failure, "watch a child process", why);
}

}  // namespace patchbay::os
