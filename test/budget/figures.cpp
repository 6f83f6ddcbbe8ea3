// SPDX-License-Identifier: Apache-2.0
#include "test/budget/figures.hpp"

#include <algorithm>
#include <array>

namespace patchbay::test::budget {

namespace {

struct Field {
  const char* name;
  int Figures::*figure;
  int play_above, play_below;  // percent
};

constexpr std::array<Field, 4> kFields = {{{"execs", &Figures::execs, 0, 0},
                                           {"system_calls", &Figures::system_calls, 0, 2},
                                           {"netlink", &Figures::netlink, 0, 0},
                                           {"page_faults", &Figures::page_faults, 15, 15}}};

std::string verdict(const Field& field, int measured, int budget) {
  const auto said =
      std::string{field.name} + ": " + std::to_string(measured) + ", the budget is " + std::to_string(budget);
  if (100 * measured > (100 + field.play_above) * budget) return said + "\n";
  if (100 * measured < (100 - field.play_below) * budget) return said + ", which is loose\n";
  return {};
}

}  // namespace

Figures sum(const Figures& one, const Figures& other) {
  Figures all;
  for (const auto& field : kFields) all.*field.figure = one.*field.figure + other.*field.figure;
  return all;
}

Figures smaller(const Figures& one, const Figures& other) {
  Figures least;
  for (const auto& field : kFields) least.*field.figure = std::min(one.*field.figure, other.*field.figure);
  return least;
}

std::string verdict(const Figures& measured, const Figures& budget) {
  std::string all;
  for (const auto& field : kFields) all += verdict(field, measured.*field.figure, budget.*field.figure);
  return all;
}

}  // namespace patchbay::test::budget
