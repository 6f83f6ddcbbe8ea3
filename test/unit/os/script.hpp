// SPDX-License-Identifier: Apache-2.0
// A shell script as a plugin that was found: opened, executable, in a directory of its own.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>

#include "common/os/spawn.hpp"
#include "test/unit/os/scratch.hpp"

namespace patchbay::test {

class Script {
 public:
  explicit Script(const std::string& body, const std::string& first_line = "#!/bin/sh\n")
      : path_(scratch_.file("script", first_line + body)) {
    chmod(path_.c_str(), 0755);
    fd_ = os::UniqueFd{open(path_.c_str(), O_PATH | O_CLOEXEC)};
  }
  [[nodiscard]] os::Command command(std::string_view input = {}) const {
    return {.executable = fd_.get(), .path = path_, .environment = {"PATH=/usr/bin:/bin"}, .input = input};
  }
  [[nodiscard]] os::Outcome run(std::string_view input = {}) const { return os::Child::start(command(input)).finish(); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  Scratch scratch_;
  std::string path_;
  os::UniqueFd fd_;
};

inline std::chrono::milliseconds elapsed(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - since);
}

inline std::string content_of(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

inline bool is_alive(pid_t pid) { return kill(pid, 0) == 0; }

// A FIFO beside the script, by which it tells its pid: reading waits until it has.
inline std::string make_fifo(const Script& script) {
  std::string path = script.path() + ".pid";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  return path;
}

}  // namespace patchbay::test
