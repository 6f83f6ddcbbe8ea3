// SPDX-License-Identifier: Apache-2.0
// What `strace -f -yy -o FILE` wrote into FILE, counted.
#pragma once

#include <string_view>

namespace patchbay::test::budget {

struct Calls {
  int execs = 0;         // that succeeded, the first one included
  int system_calls = 0;  // entered by any process, the first execve and exit_group included
  int netlink = 0;       // messages sent to the kernel, each one a round trip
};

// Throws what it cannot read: a line that is passed over would be a call that costs nothing.
Calls count_calls(std::string_view trace);

}  // namespace patchbay::test::budget
