// SPDX-License-Identifier: Apache-2.0
// A death that costs no process: from its stroke on nothing that we do to files has any effect, not even
// the undoing of what was done before. What is left is what SIGKILL leaves, and thousands of these take a
// second. Calls are caught by the linker (--wrap, see test/CMakeLists.txt).
#pragma once

namespace patchbay::test {

class Doom {
 public:
  // Strikes in place of the `step`th change of the filesystem from here on; never when 0. A write that it
  // strikes is half done.
  explicit Doom(unsigned step);
  Doom(const Doom&) = delete;
  Doom& operator=(const Doom&) = delete;
  ~Doom();
  [[nodiscard]] bool struck() const;
};

}  // namespace patchbay::test
