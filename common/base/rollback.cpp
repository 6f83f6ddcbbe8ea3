// SPDX-License-Identifier: Apache-2.0
#include "common/base/rollback.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "common/base/error.hpp"

namespace patchbay {
namespace {

iovec part(std::string_view text) {
  return {.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};  // which writev(2) only reads
}

// Without memory, of which there may be none.
void report(std::string_view step, std::string_view why) noexcept {
  const std::array line{part("undo \""), part(step), part("\" failed: "), part(why), part("\n")};
  // Nobody is left to tell if even stderr is gone.
  [[maybe_unused]] const ssize_t ignored = writev(STDERR_FILENO, line.data(), line.size());
}

void report(std::string_view step, const Error& error) noexcept {
  try {
    report(step, error.summary());
  } catch (const std::exception&) {
    report(step, std::string_view{error.what()});
  }
}

}  // namespace

Rollback::~Rollback() {
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    try {
      step->undo();
    } catch (const Error& error) {
      report(step->name, error);
    } catch (const std::exception& error) {
      report(step->name, std::string_view{error.what()});
    }
  }
}

}  // namespace patchbay
