// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>
#include <time.h>

#include <chrono>

namespace patchbay::os::detail {

// Ends a blocking system call of this thread with EINTR once `span` is over, and every 50 ms from
// then on: the first signal may come just before the call is made.
class Alarm {
 public:
  explicit Alarm(std::chrono::milliseconds span);
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  Alarm(Alarm&&) = delete;
  Alarm& operator=(Alarm&&) = delete;
  ~Alarm();

 private:
  int signal_;
  struct sigaction previous_action_ {};
  sigset_t previous_mask_{};
  timer_t timer_{};
};

}  // namespace patchbay::os::detail
