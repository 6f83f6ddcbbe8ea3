// SPDX-License-Identifier: Apache-2.0
#include "test/budget/figures.hpp"

#include "test/support/catch.hpp"

using namespace patchbay::test::budget;

namespace {

constexpr Figures kBudget{.execs = 2, .system_calls = 100, .netlink = 8, .page_faults = 200};

Figures with(int Figures::*figure, int value) {
  Figures changed = kBudget;
  changed.*figure = value;
  return changed;
}

}  // namespace

TEST_CASE("one more exec, system call or netlink message is over the budget") {
  CHECK(verdict(kBudget, kBudget) == "");
  CHECK(verdict(with(&Figures::execs, 3), kBudget) == "execs: 3, the budget is 2\n");
  CHECK(verdict(with(&Figures::system_calls, 101), kBudget) == "system_calls: 101, the budget is 100\n");
  CHECK(verdict(with(&Figures::netlink, 9), kBudget) == "netlink: 9, the budget is 8\n");
}

TEST_CASE("a budget that is not used is loose") {
  CHECK(verdict(with(&Figures::execs, 1), kBudget) == "execs: 1, the budget is 2, which is loose\n");
  CHECK(verdict(with(&Figures::netlink, 7), kBudget) == "netlink: 7, the budget is 8, which is loose\n");
  CHECK(verdict(with(&Figures::system_calls, 98), kBudget) == "");
  CHECK(verdict(with(&Figures::system_calls, 97), kBudget) == "system_calls: 97, the budget is 100, which is loose\n");
}

TEST_CASE("page faults have some play") {
  CHECK(verdict(with(&Figures::page_faults, 230), kBudget) == "");
  CHECK(verdict(with(&Figures::page_faults, 231), kBudget) == "page_faults: 231, the budget is 200\n");
  CHECK(verdict(with(&Figures::page_faults, 170), kBudget) == "");
  CHECK(verdict(with(&Figures::page_faults, 169), kBudget) == "page_faults: 169, the budget is 200, which is loose\n");
}

TEST_CASE("figures are added and compared one by one") {
  const Figures one{.execs = 1, .system_calls = 90, .netlink = 9, .page_faults = 210};
  CHECK(sum(one, kBudget) == Figures{.execs = 3, .system_calls = 190, .netlink = 17, .page_faults = 410});
  CHECK(smaller(one, kBudget) == Figures{.execs = 1, .system_calls = 90, .netlink = 8, .page_faults = 200});
}
