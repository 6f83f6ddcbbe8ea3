// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/output.hpp"

#include <cerrno>
#include <cstdio>
#include <string>

#include "common/base/error.hpp"

namespace patchbay::cli {

void print(std::string_view text) {
  const std::string line = std::string{text} + "\n";
  const bool written = std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fflush(stdout) == 0;
  if (!written) throw system_error(Code::io_failure, "write to stdout", errno);
}

void tell(std::string_view text) { static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr)); }

}  // namespace patchbay::cli
