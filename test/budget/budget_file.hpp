// SPDX-License-Identifier: Apache-2.0
// test/budget/budget.json: what every call may cost, and the limits that no change may lift.
#pragma once

#include <map>
#include <string>

#include "test/budget/figures.hpp"

namespace patchbay::test::budget {

struct Goal {
  int execs = 0, system_calls = 0;
};

struct BudgetFile {
  std::string platform;  // whose start-up code is counted too, "glibc 2.36 x86_64"
  std::string kernel;    // which maps several pages at a fault, or one: "6.1"
  std::map<std::string, Goal> goals;
  Book budget;
};

std::string own_platform();
std::string own_kernel();

BudgetFile read_budget();
void write_budget(const BudgetFile& file);  // into the source tree

}  // namespace patchbay::test::budget
