// SPDX-License-Identifier: Apache-2.0
// Programs as tests run them: an exact environment, a namespace, a bounded wait.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/os/unique_fd.hpp"
#include "test/support/world.hpp"

namespace patchbay::test {

struct Program {
  std::vector<std::string> arguments;    // [0] is the file; looked up in PATH unless it has a slash
  std::vector<std::string> environment;  // exactly this, "NAME=value"
  std::string input;                     // stdin, by a pipe as runtimes do it
  int netns = -1;                        // a descriptor; -1: the namespace that we are in
  int time = -1;                         // the same of a time namespace
  std::chrono::milliseconds patience{60000};
};

std::vector<std::string> own_environment();

// As exec wants them: into `texts`, with a null at the end.
std::vector<char*> pointers(const std::vector<std::string>& texts);

// Runs it to its end. One that outlives its patience is killed, and `err` says so.
Ran run(const Program& program);

// Starts it, leader of a process group of its own, in and out bound to the given descriptors. It
// dies with the thread that started it.
int start(const Program& program, int in, int out, int err);

// Waits for a child's end and reaps it; -1 when it still runs after `patience`. The exit code is the
// shell's: 128 + signal for a killed one.
int reap(int pid, std::chrono::milliseconds patience);

// Readable when the child has ended (pidfd_open(2)).
os::UniqueFd pidfd(int pid);

// For poll(2): 0 when `end` is past.
int milliseconds_until(std::chrono::steady_clock::time_point end);

// SIGTERM, then SIGKILL, to its process group; reaps it.
void end(int pid);

[[noreturn]] void fail_errno(const std::string& what);  // throws, with strerror(errno)

}  // namespace patchbay::test
