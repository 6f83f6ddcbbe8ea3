// SPDX-License-Identifier: Apache-2.0
#include "common/contract/detail/signals.hpp"

#include <signal.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>

#include "common/base/error.hpp"
#include "common/contract/run.hpp"

namespace patchbay::contract {
namespace {

std::atomic<int> asked_by{0};  // the signal's number
static_assert(std::atomic<int>::is_always_lock_free, "for use in a signal handler");

// Handlers and not SIG_IGN, which a delegate would inherit. SA_RESTART is of no use: every system
// call that EINTR interrupts is made again anyway (os::retry_interrupted).
void handle(int signal_number, void (*handler)(int)) {
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  int failed = sigaction(signal_number, &action, &before);
  // What somebody ignores on purpose, as nohup(1) does, stays ignored.
  if (failed == 0 && before.sa_handler == SIG_IGN) failed = sigaction(signal_number, &before, nullptr);
  if (failed != 0) throw system_error(Code::internal, "handle signal " + std::to_string(signal_number), errno);
}

}  // namespace

namespace detail {

void survive_failing_writes() {
  for (const int signal_number : {SIGPIPE, SIGXFSZ}) handle(signal_number, [](int) {});
}

void note_termination() {
  for (const int signal_number : {SIGTERM, SIGINT, SIGHUP}) {
    handle(signal_number, [](int number) { asked_by.store(number, std::memory_order_relaxed); });
  }
}

}  // namespace detail

void stop_if_asked() {
  const int number = asked_by.load(std::memory_order_relaxed);
  if (number == 0) return;
  const char* name = sigabbrev_np(number);
  throw Error{Code::try_again, "stopped by SIG" + std::string{name == nullptr ? "?" : name}}.hint(
      "nothing is left behind; the ADD may be repeated");
}

}  // namespace patchbay::contract
