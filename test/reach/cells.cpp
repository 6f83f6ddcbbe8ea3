// SPDX-License-Identifier: Apache-2.0
#include "test/reach/cells.hpp"

#include <algorithm>

#include "test/reach/probe.hpp"

namespace patchbay::test::reach {

namespace {

using namespace std::chrono_literals;

// An answer is waited for as long as a lost packet takes to be sent again; silence is heard at once,
// as what would be answered has been asked for before: neighbours are known, caches are warm.
constexpr auto kForAnswers = 2500ms, kForSilence = 150ms;

bool same_way(const Cell& one, const Cell& other) {
  return one.from == other.from && one.protocol == other.protocol && one.to == other.to;
}

bool same_path(const Cell& one, const Cell& other) { return same_way(one, other) && one.port == other.port; }

std::string describe(const Cell& cell) {
  const auto answer = [](const std::string& seen) { return seen.empty() ? std::string{"nobody"} : "\"" + seen + "\""; };
  return (cell.from.empty() ? "the node" : cell.from) + " -> " + cell.to + " " + std::to_string(cell.port) + "/" +
         cell.protocol + (cell.why.empty() ? "" : " (" + cell.why + ")") + ": expected " + answer(cell.seen);
}

std::string unproven(const Cells& cells) {
  std::string text;
  for (const Cell& cell : cells) {
    const auto answered = [&](const Cell& other) { return same_way(cell, other) && !other.seen.empty(); };
    if (cell.seen.empty() && std::ranges::none_of(cells, answered))
      text += describe(cell) + ", and no cell shows that this way is open at all\n";
  }
  return text;
}

std::string compare(World& world, const Cells& cells, std::chrono::milliseconds patience) {
  std::vector<Question> questions;
  for (const Cell& cell : cells) questions.push_back({cell.from, cell.protocol, cell.to, cell.port});
  const auto answers = ask(world, questions, patience);
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (answers[i] != cells[i].seen)
      text += describe(cells[i]) + ", heard " + (answers[i].empty() ? "nothing" : "\"" + answers[i] + "\"") + "\n";
  }
  return text;
}

}  // namespace

Cells with(Cells cells, const Cells& changes) {
  for (const Cell& change : changes) {
    const auto at = std::ranges::find_if(cells, [&](const Cell& cell) { return same_path(cell, change); });
    at == cells.end() ? cells.push_back(change) : static_cast<void>(*at = change);
  }
  return cells;
}

std::string deviations(World& world, const Cells& cells) {
  Cells answered, silent;
  for (const Cell& cell : cells) (cell.seen.empty() ? silent : answered).push_back(cell);
  return unproven(cells) + compare(world, answered, kForAnswers) + compare(world, silent, kForSilence);
}

}  // namespace patchbay::test::reach
