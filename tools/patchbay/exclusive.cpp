// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/exclusive.hpp"

#include <signal.h>
#include <sys/file.h>
#include <sys/time.h>

#include <cerrno>

#include "common/base/error.hpp"
#include "common/os/deadline.hpp"
#include "common/os/file.hpp"
#include "tools/patchbay/interruption.hpp"

namespace patchbay::cli {
namespace {

// SIGALRM every 100 ms ends a waiting system call with EINTR: the first one may come too early.
class Ticking {
 public:
  Ticking() {
    struct sigaction wake {};
    wake.sa_handler = [](int) {};
    sigemptyset(&wake.sa_mask);
    sigaction(SIGALRM, &wake, &before_);
    const itimerval tick{.it_interval = {.tv_sec = 0, .tv_usec = 100'000},
                         .it_value = {.tv_sec = 0, .tv_usec = 100'000}};
    setitimer(ITIMER_REAL, &tick, nullptr);
  }
  Ticking(const Ticking&) = delete;
  Ticking& operator=(const Ticking&) = delete;
  Ticking(Ticking&&) = delete;
  Ticking& operator=(Ticking&&) = delete;
  ~Ticking() {
    const itimerval never{};
    setitimer(ITIMER_REAL, &never, nullptr);
    sigaction(SIGALRM, &before_, nullptr);
  }

 private:
  struct sigaction before_ {};
};

}  // namespace

Exclusive::Exclusive(const os::Netns& netns, const std::string& path) : fd_(netns.fd()) {
  if (flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  const auto deadline = os::Deadline::in(os::kLockPatience);
  const Ticking ticking;
  while (flock(fd_, LOCK_EX) != 0) {
    if (errno != EINTR) throw system_error(Code::io_failure, "lock network namespace " + path, errno);
    stop_if_interrupted();
    if (!deadline.passed()) continue;
    throw std::move(Error{Code::try_again, "another patchbay has been at work on " + path + " for 5 s"}.hint(
        "wait for it, or see what it waits for"));
  }
}

Exclusive::~Exclusive() { static_cast<void>(flock(fd_, LOCK_UN)); }

}  // namespace patchbay::cli
