// SPDX-License-Identifier: Apache-2.0
// Runs one program to its end: by descriptor, bounded in time and output, dying with us.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "common/os/deadline.hpp"
#include "common/os/unique_fd.hpp"

namespace patchbay::os {

struct Command {
  int executable;                        // from open(O_PATH or O_RDONLY | O_CLOEXEC)
  std::string path;                      // argv[0], and for scripts (which cannot run by a closed descriptor)
  std::vector<std::string> environment;  // "NAME=value"
  std::string_view input;                // stdin
  std::chrono::milliseconds patience{30000};
  std::size_t output_limit = 1 << 20;  // of stdout; more is a failure
};

struct Outcome {
  bool timed_out = false;
  bool too_much_output = false;
  int exit_code = -1;  // -1 when killed by a signal
  int signal = 0;
  std::string output;  // stdout
  std::string errors;  // stderr, its first 4 KiB; also passed through to our own stderr
};

// A running child: PR_SET_PDEATHSIG=SIGKILL, no descriptors but 0-2, no signal blocked.
class Child {
 public:
  // Does not wait for the program to begin; that it could not be executed is for finish() to say.
  static Child start(const Command& command);
  // Feeds stdin, drains stdout and stderr, reaps; kills the child when patience (since start) runs
  // out. Throws delegate_failed when the program could not be executed at all.
  Outcome finish();
  Child(Child&&) noexcept = default;
  Child& operator=(Child&&) = delete;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();  // kills and reaps a child that was not finished

 private:
  Child() = default;
  void feed();
  void collect(Outcome& outcome);
  void reap(Outcome& outcome);

  std::string path_;
  UniqueFd process_;  // a pidfd
  // Ours: the write end of stdin; the read ends of stdout, stderr and the errno of a failed exec.
  UniqueFd in_, out_, err_, exec_failure_;
  // The child's end of stdin stays open here as long as there is something to write: a child that
  // does not read can then stop us with neither SIGPIPE nor EPIPE.
  UniqueFd in_far_end_;
  std::string input_;
  std::size_t fed_ = 0;  // so much of it has been written
  Deadline deadline_;
  std::size_t output_limit_ = 0;
  std::size_t relayed_ = 0;  // of its errors, to ours
};

}  // namespace patchbay::os
