// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include "test/faults/sweep/plan.hpp"

namespace patchbay::faults {

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Options {
  Selection selection;
  std::optional<Ending> ending;
  std::size_t jobs = 1;
  std::string out;  // JSON
};

Options parse_options(int argc, char** argv);

}  // namespace patchbay::faults
