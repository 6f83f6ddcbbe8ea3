// SPDX-License-Identifier: Apache-2.0
// "The container runtime must not invoke parallel operations for the same container" (CNI spec
// 1.1.0, section 3): two of these tools on one network namespace wait for each other.
#pragma once

#include <string>

#include "common/os/netns.hpp"

namespace patchbay::cli {

// An flock(2) on the namespace itself: no file to clean up, and released when we die. Waits 5 s at
// most, then throws try_again.
class Exclusive {
 public:
  // `netns` must outlive it; `path` is for the message.
  Exclusive(const os::Netns& netns, const std::string& path);
  Exclusive(const Exclusive&) = delete;
  Exclusive& operator=(const Exclusive&) = delete;
  Exclusive(Exclusive&&) = delete;
  Exclusive& operator=(Exclusive&&) = delete;
  ~Exclusive();

 private:
  int fd_;
};

}  // namespace patchbay::cli
