// SPDX-License-Identifier: Apache-2.0
#include "test/conformance/review.hpp"

#include <algorithm>
#include <fstream>

namespace patchbay::test::conformance {

namespace {

using nlohmann::json;

std::regex pattern(const std::string& text) { return std::regex{text, std::regex::ECMAScript | std::regex::optimize}; }

std::optional<std::regex> pattern_if_given(const json& place, const char* key) {
  if (!place.contains(key)) return std::nullopt;
  return pattern(place.at(key));
}

bool concerns(const Place& place, const Case& item) {
  return std::regex_match(item.theme + ": " + item.name, place.cases);
}

bool matches(const std::optional<std::regex>& pattern, const std::string& text) {
  return !pattern || std::regex_match(text, *pattern);
}

}  // namespace

std::vector<Place> load_places() {
  std::vector<Place> places;
  for (const json& entry : json::parse(std::ifstream{PATCHBAY_SOURCE "/test/conformance/differences.json"}))
    for (const json& place : entry.at("places"))
      places.push_back({.id = entry.at("id"),
                        .written = place.dump(),
                        .cases = pattern(place.at("cases")),
                        .where = pattern(place.at("where")),
                        .reference = pattern_if_given(place, "reference"),
                        .ours = pattern_if_given(place, "ours"),
                        .always = !place.contains("only-with")});
  return places;
}

bool Review::knows(const Case& item, const Difference& difference) {
  bool known = false;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const Place& place = places_[i];
    if (!concerns(place, item) || !std::regex_match(difference.where, place.where)) continue;
    if (!matches(place.reference, difference.reference) || !matches(place.ours, difference.ours)) continue;
    shown_.insert(i);
    known = true;
  }
  return known;
}

std::vector<std::string> Review::stale(const std::vector<Case>& cases) const {
  std::vector<std::string> stale;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const auto concerned = [&](const Case& item) { return concerns(places_[i], item); };
    if (places_[i].always && !shown_.contains(i) && std::any_of(cases.begin(), cases.end(), concerned))
      stale.push_back(places_[i].id + ": " + places_[i].written);
  }
  return stale;
}

}  // namespace patchbay::test::conformance
