// SPDX-License-Identifier: Apache-2.0
// What is written to descriptor 2 while this lives (up to a pipe's capacity).
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>

namespace patchbay::test {

class StderrCapture {
 public:
  StderrCapture() : saved_(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {
    if (saved_ < 0 || pipe2(ends_.data(), O_CLOEXEC | O_NONBLOCK) != 0 || dup2(ends_[1], STDERR_FILENO) < 0) {
      throw std::runtime_error{"cannot capture stderr"};
    }
  }
  StderrCapture(const StderrCapture&) = delete;
  StderrCapture& operator=(const StderrCapture&) = delete;
  ~StderrCapture() {
    dup2(saved_, STDERR_FILENO);
    for (const int fd : {saved_, ends_[0], ends_[1]}) close(fd);
  }

  std::string text() {
    std::string all(65536, '\0');
    const ssize_t got = read(ends_[0], all.data(), all.size());
    all.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return all;
  }

 private:
  int saved_;
  std::array<int, 2> ends_{-1, -1};
};

}  // namespace patchbay::test
