// SPDX-License-Identifier: Apache-2.0
#include "test/stress/clocks.hpp"

#include <fcntl.h>
#include <sched.h>

#include <ctime>
#include <fstream>
#include <string>

#include "test/support/process.hpp"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

namespace patchbay::stress {

namespace {

using os::UniqueFd;
using test::fail_errno;

UniqueFd open_namespace(const char* path) {
  UniqueFd file{open(path, O_RDONLY | O_CLOEXEC)};
  if (!file) fail_errno(std::string{"open "} + path);
  return file;
}

// Children that are born meanwhile would live in it.
UniqueFd clock_ahead_by(long seconds) {
  if (unshare(CLONE_NEWTIME) != 0) fail_errno("unshare a time namespace");
  std::ofstream offsets{"/proc/self/timens_offsets"};
  offsets << "monotonic " << seconds << " 0\nboottime " << seconds << " 0\n";
  offsets.close();
  if (!offsets) fail_errno("set the clock of a time namespace");
  return open_namespace("/proc/self/ns/time_for_children");
}

}  // namespace

std::vector<UniqueFd> make_other_clocks() {
  std::vector<UniqueFd> clocks;
  const UniqueFd home{open("/proc/self/ns/time", O_RDONLY | O_CLOEXEC)};
  if (!home) return clocks;
  timespec up{};
  clock_gettime(CLOCK_MONOTONIC, &up);
  for (const long step : {1'000'000L, -(up.tv_sec / 2)}) {
    clocks.push_back(clock_ahead_by(step));
    if (setns(home.get(), CLONE_NEWTIME) != 0) fail_errno("come back from a time namespace");
  }
  return clocks;
}

}  // namespace patchbay::stress
