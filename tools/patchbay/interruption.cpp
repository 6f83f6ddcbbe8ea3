// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/interruption.hpp"

#include <signal.h>

#include <cerrno>
#include <cstring>

#include "common/base/error.hpp"

namespace patchbay::cli {
namespace {

volatile sig_atomic_t arrived = 0;

void remember(int number) { arrived = number; }

}  // namespace

void catch_interruptions() {
  struct sigaction action {};
  action.sa_handler = remember;
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    if (sigaction(number, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;  // nohup(1)
    if (sigaction(number, &action, nullptr) != 0) throw system_error(Code::internal, "catch signals", errno);
  }
}

void stop_if_interrupted() {
  const int number = arrived;
  if (number == 0) return;
  const char* name = sigabbrev_np(number);
  throw Error{Code::try_again, "interrupted by SIG" + std::string{name == nullptr ? "?" : name}};
}

}  // namespace patchbay::cli
