// SPDX-License-Identifier: Apache-2.0
#include "common/os/detail/alarm.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/base/error.hpp"

namespace patchbay::os::detail {
namespace {

constexpr std::chrono::milliseconds kAgain{50};

timespec to_timespec(std::chrono::milliseconds span) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span);
  return {.tv_sec = seconds.count(), .tv_nsec = std::chrono::nanoseconds{span - seconds}.count()};
}

}  // namespace

Alarm::Alarm(std::chrono::milliseconds span) : signal_(SIGRTMIN) {
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = signal_;
  event._sigev_un._tid = gettid();  // glibc 2.36 has no sigev_notify_thread_id yet
  if (timer_create(CLOCK_BOOTTIME, &event, &timer_) != 0) {
    throw system_error(Code::internal, "create a timer", errno);
  }
  struct sigaction nothing {};  // no SA_RESTART: that is the point
  nothing.sa_handler = [](int) {};
  sigaction(signal_, &nothing, &previous_action_);
  sigset_t mine;
  sigemptyset(&mine);
  sigaddset(&mine, signal_);
  pthread_sigmask(SIG_UNBLOCK, &mine, &previous_mask_);
  const itimerspec when{.it_interval = to_timespec(kAgain),
                        .it_value = to_timespec(std::max(span, std::chrono::milliseconds{1}))};  // 0 would disarm
  timer_settime(timer_, 0, &when, nullptr);  // cannot fail: the timer is ours and the time in range
}

Alarm::~Alarm() {
  // A signal still pending is delivered, to the handler that does nothing, before timer_delete() returns.
  timer_delete(timer_);
  pthread_sigmask(SIG_SETMASK, &previous_mask_, nullptr);
  sigaction(signal_, &previous_action_, nullptr);
}

}  // namespace patchbay::os::detail
