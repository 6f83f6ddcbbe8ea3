// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

namespace patchbay::os::detail {

// What a child process needs between fork(2) and execveat(2), prepared before: no allocation there.
struct ExecPlan {
  int executable;
  const char* path;
  char* const* argv;
  char* const* envp;
  int in, out, err;  // become 0, 1, 2
  int exec_failure;  // gets the errno when the program cannot be executed
  pid_t parent;
};

// Becomes the program; async-signal-safe throughout (signal-safety(7)).
[[noreturn]] void become(const ExecPlan& plan);

}  // namespace patchbay::os::detail
