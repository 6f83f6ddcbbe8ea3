// SPDX-License-Identifier: Apache-2.0
// The reference suite and ours, configuration by configuration, side by side. One section a theme:
// `conformance_equivalence -c bridge` runs that alone.
#include <algorithm>

#include "test/conformance/review.hpp"
#include "test/conformance/run_case.hpp"
#include "test/support/catch.hpp"

namespace {

using namespace patchbay::test;
using namespace patchbay::test::conformance;

// Of versions and fields that 1.1.1 does not know.
const std::string kThemeOfNewest = "newest";

Suite reference_for(const std::string& theme) { return theme == kThemeOfNewest ? newest_reference() : reference(); }

bool mentions_iptables(const Case& item) {
  return std::any_of(item.plugins.begin(), item.plugins.end(),
                     [](const auto& plugin) { return plugin.dump().find("iptables") != std::string::npos; });
}

std::optional<std::string> lacks(const std::string& theme, const std::vector<Case>& cases) {
  if (auto reason = conformance::lacks(reference_for(theme))) return reason;
  return std::any_of(cases.begin(), cases.end(), mentions_iptables) ? lacks_legacy_iptables() : std::nullopt;
}

// The table says what the reference does with its first ADD, so that no case compares less than it means to.
bool is_as_meant(const Case& item, const Facts& facts) {
  const auto first = facts.find("add c1/outcome");
  return first == facts.end() || first->second.at("exit code") == (item.refused ? "1" : "0");
}

std::string unreviewed(Review& review, const Case& item, const std::vector<Difference>& differences) {
  std::string text;
  for (const Difference& difference : differences)
    if (!review.knows(item, difference))
      text +=
          difference.where + "\n    reference: " + difference.reference + "\n    patchbay:  " + difference.ours + "\n";
  return text;
}

void compare_all(const std::vector<Case>& cases, const Suite& reference) {
  Review review{load_places()};
  for (const Case& item : cases) {
    INFO(item.theme << ": " << item.name);
    const Facts theirs = run_case(item, reference);
    CHECK(is_as_meant(item, theirs));
    CHECK(unreviewed(review, item, compare(theirs, run_case(item, ours()))) == "");
  }
  INFO("in differences.json, but no longer so");
  for (const auto& place : review.stale(cases)) CHECK(place == "");
}

}  // namespace

TEST_CASE("equivalence") {
  for (const auto& theme : themes()) {
    DYNAMIC_SECTION(theme) {
      const auto cases = load_cases(theme);
      if (const auto reason = lacks(theme, cases)) PATCHBAY_SKIP(*reason);
      compare_all(cases, reference_for(theme));
    }
  }
}
