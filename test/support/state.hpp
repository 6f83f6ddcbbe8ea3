// SPDX-License-Identifier: Apache-2.0
// What a World remembers; shared by the files that implement it.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "test/support/world.hpp"

namespace patchbay::test {

struct World::State {
  std::mutex mutex;
  std::vector<std::string> mounts;       // in the order made
  std::set<std::string> namespaces;      // alive, by name
  std::map<int, std::string> processes;  // running, and where their output goes
  std::map<int, std::string> past_processes;
};

// A descriptor of the namespace `name`; -1 for "", the host.
int open_netns(const std::string& name);

}  // namespace patchbay::test
