// SPDX-License-Identifier: Apache-2.0
#include "common/contract/detail/signals.hpp"

#include <signal.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "common/base/error.hpp"
#include "common/contract/run.hpp"

namespace patchbay::contract {
namespace {

constexpr std::array kOfFailingWrites{SIGPIPE, SIGXFSZ};
constexpr std::array kOfTermination{SIGTERM, SIGINT, SIGHUP};

template <typename Signals>
void add(sigset_t& to, const Signals& signals) {
  for (const int signal_number : signals) sigaddset(&to, signal_number);
}

// On purpose, as nohup(1) does. Blocked, such a signal is pending all the same.
bool is_ignored(int signal_number) {
  struct sigaction action {};
  return sigaction(signal_number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

namespace detail {

// Blocked, and not ignored, which a delegate would inherit; it gets an empty mask (os::Child).
void hold_signals(bool termination) {
  sigset_t held;
  sigemptyset(&held);
  add(held, kOfFailingWrites);
  if (termination) add(held, kOfTermination);
  if (sigprocmask(SIG_BLOCK, &held, nullptr) != 0) throw system_error(Code::internal, "block signals", errno);
}

sigset_t mask_while_idle() {
  sigset_t mask;
  if (sigprocmask(SIG_BLOCK, nullptr, &mask) != 0) throw system_error(Code::internal, "read the signal mask", errno);
  for (const int signal_number : kOfTermination) sigdelset(&mask, signal_number);
  return mask;
}

}  // namespace detail

void stop_if_asked() {
  sigset_t pending;
  if (sigpending(&pending) != 0) throw system_error(Code::internal, "look for signals", errno);
  for (const int signal_number : kOfTermination) {
    if (sigismember(&pending, signal_number) == 0 || is_ignored(signal_number)) continue;
    throw Error{Code::try_again, "stopped by SIG" + std::string{sigabbrev_np(signal_number)}}.hint(
        "nothing is left behind; the ADD may be repeated");
  }
}

}  // namespace patchbay::contract
