// SPDX-License-Identifier: Apache-2.0
// Which trials a sweep consists of: every point of a call, and everything that can befall it.
#pragma once

#include <string>
#include <vector>

#include "test/faults/sweep/trial.hpp"

namespace patchbay::faults {

struct Selection {
  std::vector<std::string> cases, verbs, modes;  // empty: all that are usual
  std::string plugin, point;                     // "": all
  bool full = false;                             // also the calls that change nothing
  int every = 1;                                 // the n-th allocation only
};

// One row of the report: a call of one plugin.
struct Stage {
  const Case* of;
  std::string verb;
  std::size_t plugin;
  std::vector<Trial> trials;
  std::size_t points = 0;
  std::string trouble;  // the call does not even succeed without a fault
};

std::vector<Stage> stages(const Selection& selection);  // without trials
void plan(Stage& stage, const Selection& selection);    // runs the call once, in namespaces of its own

// As it can be given again: "bridge-nftables-v4 ADD bridge 0:sendto:5 error=ENOBUFS".
std::string command_of(const Trial& trial);

}  // namespace patchbay::faults
