// SPDX-License-Identifier: Apache-2.0
// What every call costs, against the committed budget; PATCHBAY_BUDGET=update writes it anew.
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "test/budget/budget_file.hpp"
#include "test/budget/cases.hpp"
#include "test/support/catch.hpp"

using namespace patchbay::test;
using namespace patchbay::test::budget;

namespace {

bool is_update() {
  const char* wanted = std::getenv("PATCHBAY_BUDGET");
  return wanted != nullptr && std::string_view{wanted} == "update";
}

// The reason why figures of this build or machine cannot be compared.
std::optional<std::string> incomparable(const BudgetFile& file) {
  if (!PATCHBAY_RELEASE) return "budgets are those of the release preset";
  if (const auto reason = lacks_strace()) return reason;
  if (is_update() || file.platform == own_platform()) return std::nullopt;
  return "budgets are those of " + file.platform + ", this is " + own_platform();
}

// Another kernel maps another number of pages at a fault.
Figures comparable(Figures measured, const Figures& budget, const BudgetFile& file) {
  if (file.kernel != own_kernel()) measured.page_faults = budget.page_faults;
  return measured;
}

std::string verdict_on(const std::string& line, const Figures& measured, const BudgetFile& file) {
  const auto entry = file.budget.find(line);
  if (entry == file.budget.end()) return "it has no budget\n";
  return verdict(comparable(measured, entry->second, file), entry->second);
}

bool fits(const Book& measured, const BudgetFile& file) {
  return std::all_of(measured.begin(), measured.end(),
                     [&](const auto& entry) { return verdict_on(entry.first, entry.second, file).empty(); });
}

// Page faults that moved by no more than chance moves them, 5 %, stay as they are written: what differs
// in a new file has changed.
Figures renewed(Figures measured, const Figures& old) {
  if (20 * std::abs(measured.page_faults - old.page_faults) <= old.page_faults) measured.page_faults = old.page_faults;
  return measured;
}

// Some kernels cannot do everything that the file has a budget for.
bool is_possible(std::string_view name) {
  static const bool no_legacy = lacks_legacy_iptables().has_value();
  return !no_legacy || name.find("iptables") == name.npos || name.find("iptables-nft") != name.npos;
}

Book measure_everything(const std::function<bool(const Book&)>& enough) {
  Book all;
  for (const Case& one : cases()) {
    if (!is_possible(one.name)) continue;
    Node node{one, 1};
    all.merge(least([&] { return node.round(); }, enough));
  }
  World world;
  all.merge(least([&] { return version_round(world); }, enough));
  return all;
}

BudgetFile renewed(BudgetFile file, const Book& measured) {
  file.platform = own_platform();
  file.kernel = own_kernel();
  std::erase_if(file.budget,
                [&](const auto& entry) { return is_possible(entry.first) && !measured.contains(entry.first); });
  for (const auto& [line, figures] : measured) {
    Figures& entry = file.budget[line];
    entry = renewed(figures, entry);
  }
  return file;
}

// GC looks at every record: it alone may grow, with what it has to look at.
Book without_gc(Book book) {
  std::erase_if(book, [](const auto& entry) { return entry.first.ends_with(" GC"); });
  return book;
}

}  // namespace

TEST_CASE("every call stays within its budget, and the budget is tight") {
  BudgetFile file = read_budget();
  if (const auto reason = incomparable(file)) PATCHBAY_SKIP(*reason);
  const Book measured = measure_everything([&](const Book& book) { return !is_update() && fits(book, file); });
  if (is_update()) {
    file = renewed(std::move(file), measured);
    write_budget(file);
  }
  for (const auto& [line, figures] : measured) {
    INFO(line << "\nA change that raises a figure says why; PATCHBAY_BUDGET=update writes the file anew.");
    CHECK(verdict_on(line, figures, file) == "");
  }
  for (const auto& [line, figures] : file.budget) {
    INFO(line << " is in the file, but nothing measures it");
    CHECK((measured.contains(line) || !is_possible(line)));
  }
}

TEST_CASE("beside two hundred containers every call costs what it does beside one") {
  if (const auto reason = incomparable(read_budget())) PATCHBAY_SKIP(*reason);
  const std::string name = GENERATE("bridge+masq+portmap 1 port nftables", "host-local");
  Node node{case_of(name), 1};
  const auto round = [&] { return without_gc(node.round()); };
  const Book beside_one = least(round, [](const Book&) { return false; });
  node.attach_neighbours_up_to(200);
  const auto growth = [&](const auto& entry) { return verdict(entry.second, beside_one.at(entry.first)); };
  const auto is_flat = [&](const Book& book) {
    return std::all_of(book.begin(), book.end(), [&](const auto& entry) { return growth(entry).empty(); });
  };
  for (const auto& entry : least(round, is_flat)) {
    INFO(entry.first);
    CHECK(growth(entry) == "");
  }
}

TEST_CASE("the budget is within what we promise") {
  const BudgetFile file = read_budget();
  REQUIRE_FALSE(file.goals.empty());
  for (const auto& [line, goal] : file.goals) {
    INFO(line);
    REQUIRE(file.budget.contains(line));
    CHECK(file.budget.at(line).execs <= goal.execs);
    CHECK(file.budget.at(line).system_calls <= goal.system_calls);
  }
}
