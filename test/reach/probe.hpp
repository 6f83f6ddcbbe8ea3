// SPDX-License-Identifier: Apache-2.0
// Many questions at once, so that those which must not be answered cost one short wait together.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "test/support/world.hpp"

namespace patchbay::test::reach {

struct Question {
  std::string from, protocol, to;  // a namespace ("" is the node); "tcp" or "udp"; an address
  int port = 0;
};

// What the servers (World::serve) say: "<tag> <source that they saw>", "" where nobody answered.
// Returns with the last answer, or when `patience` is over.
std::vector<std::string> ask(World& world, const std::vector<Question>& questions, std::chrono::milliseconds patience);

}  // namespace patchbay::test::reach
