// SPDX-License-Identifier: Apache-2.0
#include "common/attach/warning.hpp"

#include <unistd.h>

namespace patchbay::attach {

void warn(const std::string& text) {
  const std::string line = text + "\n";
  // A warning that cannot be written has no other place to go.
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace patchbay::attach
