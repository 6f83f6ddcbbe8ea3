// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "tools/patchbay/output.hpp"
#include "tools/patchbay/verbs.hpp"

int main(int argc, char** argv) {
  try {
    const std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    return patchbay::cli::run_command_line(words);
  } catch (const std::exception& defect) {
    patchbay::cli::tell("patchbay: internal error: " + std::string{defect.what()} + "\n");
    return 1;
  }
}
