// SPDX-License-Identifier: Apache-2.0
// One system call that is about to be made, and what can befall it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "test/faults/injector/call.hpp"
#include "test/faults/injector/tracee.hpp"

namespace patchbay::faults {

struct Sight {
  const Call* call = nullptr;
  std::vector<int> errors;
  std::vector<std::size_t> refusable;  // messages of a netlink datagram
  bool changes_state = false;
  bool netlink = false;       // a netlink socket sends, receives or is made
  bool receives = false;      // an answer by netlink, which may get lost
  bool takes_space = false;   // on a disk
  bool can_be_short = false;  // fewer bytes than asked for
  std::string detail;         // for people
};

// `awaits_change`: what this process has last sent by netlink was to change something.
Sight look(const Tracee& tracee, const Call& call, bool awaits_change);

}  // namespace patchbay::faults
