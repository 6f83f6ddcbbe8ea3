// SPDX-License-Identifier: Apache-2.0
#include "test/stress/clocks.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <stdexcept>
#include <string>

#include "common/os/retry.hpp"
#include "test/support/process.hpp"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

namespace patchbay::stress {

namespace {

using os::UniqueFd;
using test::fail_errno;

bool set_clock_of_children(long seconds) {
  if (unshare(CLONE_NEWTIME) != 0) return false;
  std::ofstream offsets{"/proc/self/timens_offsets"};
  offsets << "monotonic " << seconds << " 0\nboottime " << seconds << " 0\n";
  offsets.close();
  return !offsets.fail();
}

[[noreturn]] void make_clock(long seconds, int ready) {
  const bool made = set_clock_of_children(seconds) && write(ready, "!", 1) == 1;
  if (!made) _exit(1);
  while (true) pause();
}

// Made by another process: an ordinary user could not come back from there.
UniqueFd clock_ahead_by(long seconds) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail_errno("pipe2");
  UniqueFd ready{ends[0]}, tell{ends[1]};
  const pid_t maker = fork();
  if (maker < 0) fail_errno("fork");
  if (maker == 0) make_clock(seconds, tell.get());
  tell.reset();
  char byte = 0;
  const bool made = os::retry_interrupted([&] { return read(ready.get(), &byte, 1); }) == 1;
  const auto path = "/proc/" + std::to_string(maker) + "/ns/time_for_children";
  UniqueFd clock{made ? open(path.c_str(), O_RDONLY | O_CLOEXEC) : -1};
  static_cast<void>(kill(maker, SIGKILL));  // it may have ended by itself
  static_cast<void>(test::reap(maker, std::chrono::seconds{10}));
  if (!clock) throw std::runtime_error{"a time namespace cannot be made"};
  return clock;
}

}  // namespace

std::vector<UniqueFd> make_other_clocks() {
  std::vector<UniqueFd> clocks;
  if (access("/proc/self/ns/time", F_OK) != 0) return clocks;
  timespec up{};
  if (clock_gettime(CLOCK_MONOTONIC, &up) != 0) fail_errno("clock_gettime");
  for (const long step : {1'000'000L, -(up.tv_sec / 2)}) clocks.push_back(clock_ahead_by(step));
  return clocks;
}

}  // namespace patchbay::stress
