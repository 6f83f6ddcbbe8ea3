// SPDX-License-Identifier: Apache-2.0
// A kernel that says no: work done where certain system calls fail.
#pragma once

#include <functional>
#include <vector>

namespace patchbay::test {

// From now on, for this process and its children; false when it cannot be.
bool refuse(const std::vector<int>& system_calls, int error_number);

// In a process of its own, whose system calls of these numbers fail with `error_number` (seccomp(2)).
// Returns its exit code: what `work` returned, or 99 after an exception, which is told on stderr.
int where_refused(const std::vector<int>& system_calls, int error_number, const std::function<int()>& work);

// Where no process can be made, as at the end of RLIMIT_NPROC or of a pids cgroup.
int without_children(const std::function<int()>& work);

}  // namespace patchbay::test
