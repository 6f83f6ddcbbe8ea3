// SPDX-License-Identifier: Apache-2.0
// Who may reach what, as data: a row a packet path, checked one by one, asked all at once.
#pragma once

#include <string>
#include <vector>

#include "test/support/world.hpp"

namespace patchbay::test::reach {

struct Cell {
  std::string from, protocol, to;  // a namespace of topology.hpp, "" is the node itself
  int port = 0;
  std::string seen;   // "<who answers> <the source it saw>"; "" when nobody may
  std::string why{};  // of what is not plain to see
};
using Cells = std::vector<Cell>;

// `cells` with those of the same path replaced, and the rest of `changes` added.
Cells with(Cells cells, const Cells& changes);

// What differs from the table, a line each; "" when nothing does. That nobody answers proves
// something only where somebody could have: a cell of silence without another, from the same place to
// the same address by the same protocol, that is answered is an error of the table (and told as such).
std::string deviations(World& world, const Cells& cells);

}  // namespace patchbay::test::reach
