// SPDX-License-Identifier: Apache-2.0
// A point in time after which waiting stops. CLOCK_BOOTTIME: immune to clock steps.
#pragma once

#include <chrono>

namespace patchbay::os {

class Deadline {
 public:
  static Deadline in(std::chrono::milliseconds span);
  [[nodiscard]] std::chrono::milliseconds left() const;  // never negative
  [[nodiscard]] bool passed() const { return left().count() == 0; }
  // For poll(2): at least 1 while time is left.
  [[nodiscard]] int poll_timeout() const { return static_cast<int>(left().count()); }

 private:
  std::chrono::nanoseconds at_{};
};

}  // namespace patchbay::os
