// SPDX-License-Identifier: Apache-2.0
// A signal must never make an ADD fail: system calls that EINTR interrupts are made again.
#pragma once

#include <cerrno>

namespace patchbay::os {

template <typename Call>
auto retry_interrupted(Call&& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace patchbay::os
