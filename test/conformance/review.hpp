// SPDX-License-Identifier: Apache-2.0
// The reviewed differences from the reference, test/conformance/differences.json, each with its
// reason and the places where it shows. docs/differences.md tells people the same, by the same ids.
#pragma once

#include <optional>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "test/conformance/case.hpp"
#include "test/conformance/facts.hpp"

namespace patchbay::test::conformance {

// One place of one entry. Patterns are of the whole text; what is not given matches anything.
struct Place {
  std::string id, written;              // as it stands in the file
  std::regex cases;                     // of "theme: name"; it must show in at least one of them a theme
  std::regex where;                     // of Difference::where
  std::optional<std::regex> reference;  // of the value there
  std::optional<std::regex> ours;
  bool always = true;  // without "only-with", which names what not every machine has
};

std::vector<Place> load_places();

class Review {
 public:
  explicit Review(std::vector<Place> places) : places_(std::move(places)) {}

  // True when it is on the list; remembers which places have shown.
  bool knows(const Case& item, const Difference& difference);
  // Places that should have shown in one of these cases, and did not: the list is stale.
  [[nodiscard]] std::vector<std::string> stale(const std::vector<Case>& cases) const;

 private:
  std::vector<Place> places_;
  std::set<std::size_t> shown_;
};

}  // namespace patchbay::test::conformance
