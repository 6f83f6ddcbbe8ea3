// SPDX-License-Identifier: Apache-2.0
#include "test/budget/budget_file.hpp"

#include <gnu/libc-version.h>
#include <sys/utsname.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace patchbay::test::budget {

namespace {

using json = nlohmann::ordered_json;

constexpr const char* kPath = PATCHBAY_SOURCE "/test/budget/budget.json";

json to_json(const Goal& goal) { return {{"execs", goal.execs}, {"system_calls", goal.system_calls}}; }

json to_json(const Figures& figures) {
  return {{"execs", figures.execs},
          {"system_calls", figures.system_calls},
          {"netlink", figures.netlink},
          {"page_faults", figures.page_faults}};
}

Figures to_figures(const json& object) {
  return {.execs = object.at("execs"),
          .system_calls = object.at("system_calls"),
          .netlink = object.at("netlink"),
          .page_faults = object.at("page_faults")};
}

// One entry a line, so that a change of one is a difference of one line.
template <typename Entries>
std::string one_a_line(const Entries& entries) {
  std::string lines;
  for (const auto& [name, entry] : entries) {
    lines += (lines.empty() ? "\n    " : ",\n    ") + json(name).dump() + ": " + to_json(entry).dump();
  }
  return "{" + lines + "\n  }";
}

utsname running_kernel() {
  utsname kernel{};
  if (uname(&kernel) != 0) throw std::runtime_error{"uname"};
  return kernel;
}

}  // namespace

std::string own_platform() { return std::string{"glibc "} + gnu_get_libc_version() + " " + running_kernel().machine; }

std::string own_kernel() {
  const std::string release = running_kernel().release;
  return release.substr(0, release.find_first_not_of("0123456789", release.find('.') + 1));
}

BudgetFile read_budget() {
  std::ifstream file{kPath};
  const auto content = json::parse(file);
  BudgetFile read{.platform = content.at("platform"), .kernel = content.at("kernel"), .goals = {}, .budget = {}};
  for (const auto& [line, goal] : content.at("goals").items()) {
    read.goals[line] = {.execs = goal.at("execs"), .system_calls = goal.at("system_calls")};
  }
  for (const auto& [line, figures] : content.at("budget").items()) read.budget[line] = to_figures(figures);
  return read;
}

void write_budget(const BudgetFile& file) {
  const std::string fresh = std::string{kPath} + ".new";  // nobody reads half a file
  std::ofstream out{fresh};
  out << "{\n  \"platform\": " << json(file.platform).dump() << ",\n  \"kernel\": " << json(file.kernel).dump()
      << ",\n  \"goals\": " << one_a_line(file.goals) << ",\n  \"budget\": " << one_a_line(file.budget) << "\n}\n";
  if (!out.flush()) throw std::runtime_error{"cannot write " + fresh};
  std::filesystem::rename(fresh, kPath);
}

}  // namespace patchbay::test::budget
