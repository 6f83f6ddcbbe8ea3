// SPDX-License-Identifier: Apache-2.0
// What a plugin's run costs, in figures without noise, and what is said of them beside a budget.
#pragma once

#include <map>
#include <string>

namespace patchbay::test::budget {

struct Figures {
  int execs = 0, system_calls = 0, netlink = 0, page_faults = 0;

  friend bool operator==(const Figures&, const Figures&) = default;
};

// By name and verb, "bridge+host-local ADD".
using Book = std::map<std::string, Figures>;

Figures sum(const Figures& one, const Figures& other);
Figures smaller(const Figures& one, const Figures& other);  // figure by figure

// What is wrong with `measured`, one figure a line: more than the budget, or so much less that the
// budget is loose; "" when it fits. A little play is given where chance plays: page faults depend on
// where the process happens to be mapped, system calls on what happens to be ready.
std::string verdict(const Figures& measured, const Figures& budget);

}  // namespace patchbay::test::budget
