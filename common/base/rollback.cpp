// SPDX-License-Identifier: Apache-2.0
#include "common/base/rollback.hpp"

#include <unistd.h>

#include "common/base/error.hpp"

namespace patchbay {
namespace {

void report(const std::string& step, const std::string& why) {
  const std::string line = "undo \"" + step + "\" failed: " + why + "\n";
  // Nobody is left to tell if even stderr is gone.
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

Rollback::~Rollback() {
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    try {
      step->undo();
    } catch (const Error& error) {
      report(step->name, error.summary());
    } catch (const std::exception& error) {
      report(step->name, error.what());
    }
  }
}

}  // namespace patchbay
