// SPDX-License-Identifier: Apache-2.0
#include "common/os/deadline.hpp"

#include <time.h>

#include <algorithm>

namespace patchbay::os {
namespace {

std::chrono::nanoseconds since_boot() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

}  // namespace

Deadline Deadline::in(std::chrono::milliseconds span) {
  Deadline deadline;
  deadline.at_ = since_boot() + span;
  return deadline;
}

std::chrono::milliseconds Deadline::left() const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - since_boot());
  return std::max(left, std::chrono::milliseconds{0});
}

}  // namespace patchbay::os
