// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <vector>

#include "common/os/unique_fd.hpp"
#include "test/support/process.hpp"

namespace patchbay::faults {

// A program that waits, traced, for its first PTRACE_CONT; a leader of its own process group, which dies
// with us.
struct Launched {
  pid_t pid;
  os::UniqueFd out, err;  // files in memory
};

// It stops (PTRACE_EVENT_SECCOMP) before each of these system calls.
Launched launch(const test::Program& program, const std::vector<long>& watched);

std::string content_of(const os::UniqueFd& file);

}  // namespace patchbay::faults
