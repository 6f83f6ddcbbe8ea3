// SPDX-License-Identifier: Apache-2.0
// stdin, stdout and stderr as the runtime gave them to us: bounded in size and in time.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/base/error.hpp"

namespace patchbay::contract::detail {

// The result or error could not be handed over; there is no point in printing another one.
class OutputFailure : public Error {
 public:
  using Error::Error;
};

// Makes sure that 0, 1 and 2 are open, so that no lease or socket gets one of these numbers and is
// then written to as if it were stdout.
void occupy_standard_descriptors();

// How long a runtime may leave us waiting for its next bytes, and for all of them.
struct Patience {
  std::chrono::milliseconds silence{10000};
  std::chrono::milliseconds total{30000};
};

// stdin to its end, at most kMaxInput bytes; throws io_failure.
std::string read_input(const Patience& patience = {});

// All of `text` to stdout; throws OutputFailure.
void write_output(std::string_view text, const Patience& patience = {});

// One line to stderr; if that fails there is nobody left to tell.
void complain(std::string line);
void complain_briefly(std::string_view line) noexcept;  // without memory; the newline is the caller's

}  // namespace patchbay::contract::detail
