// SPDX-License-Identifier: Apache-2.0
// What plugins ask the kernel, line by line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "test/support/world.hpp"

namespace patchbay::test {

// From here on every plugin that `world` calls runs under strace(1), which tells of the system calls
// `which`, those of children too; returns where the lines go.
class Strace {
 public:
  Strace(World& world, const std::string& which);
  // Of all calls since the last time: complete lines without the process's number.
  [[nodiscard]] std::vector<std::string> lines();

 private:
  World& world_;
};

// Why it cannot be used here.
std::optional<std::string> lacks_strace();

}  // namespace patchbay::test
