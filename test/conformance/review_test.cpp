// SPDX-License-Identifier: Apache-2.0
// The comparison itself: that it sees differences, that the list of reviewed ones is no wider than
// what it names and goes stale, and that people can read the same list.
#include "test/conformance/review.hpp"

#include <algorithm>
#include <fstream>
#include <set>

#include "test/support/catch.hpp"

using namespace patchbay::test::conformance;
using nlohmann::json;

namespace {

const Case kCase{.theme = "bridge", .name = "mtu"};

Place place(const std::string& cases, const std::string& where) {
  return {.id = "tag", .written = where, .cases = std::regex{cases}, .where = std::regex{where}};
}

std::vector<Case> all_cases() {
  std::vector<Case> all;
  for (const auto& theme : themes())
    for (auto& item : load_cases(theme)) all.push_back(std::move(item));
  return all;
}

std::set<std::string> ids_in_list() {
  std::set<std::string> ids;
  for (const json& entry : json::parse(std::ifstream{PATCHBAY_SOURCE "/test/conformance/differences.json"}))
    ids.insert(entry.at("id").get<std::string>());
  return ids;
}

// Rows of the table: "| `id` | ...".
std::set<std::string> ids_in_docs() {
  std::set<std::string> ids;
  std::ifstream page{PATCHBAY_SOURCE "/docs/differences.md"};
  for (std::string line; std::getline(page, line);)
    if (line.starts_with("| `")) ids.insert(line.substr(3, line.find('`', 3) - 3));
  return ids;
}

}  // namespace

TEST_CASE("facts are the leaves of an object; flags have no order") {
  CHECK(flatten(json{{"a", {{"b", {1, "x"}}}}, {"flags", {"UP", "BROADCAST"}}, {"dns", json::object()}}) ==
        Fields{{"a/b/0", "1"}, {"a/b/1", "x"}, {"flags", "BROADCAST UP"}, {"dns", "{}"}});
}

TEST_CASE("every kind of difference is seen") {
  const Facts reference{{"same", {{"x", "1"}}}, {"changed", {{"x", "1"}, {"gone", "2"}}}, {"removed", {{"", "v"}}}};
  const Facts ours{
      {"same", {{"x", "1"}}}, {"changed", {{"x", "7"}, {"new", "3"}}}, {"added", {{"a", "1"}, {"b", "2"}}}};
  std::set<std::string> seen;
  for (const auto& it : compare(reference, ours)) seen.insert(it.where + ": " + it.reference + " -> " + it.ours);
  CHECK(seen == std::set<std::string>{"changed/x: 1 -> 7", "changed/gone: 2 -> (none)", "changed/new: (none) -> 3",
                                      "removed: v -> (none)", "added: (none) -> a=1, b=2"});
  CHECK(compare(ours, ours).empty());
}

TEST_CASE("objects of one name are told apart") {
  Facts facts;
  add(facts, "rule", {{"", "first"}});
  add(facts, "rule", {{"", "second"}});
  CHECK(facts == Facts{{"rule", {{"", "first"}}}, {"rule #2", {{"", "second"}}}});
}

TEST_CASE("a difference is known only where, and as, the list says") {
  auto narrow = place("bridge: .*", "host/cni0/mtu");
  narrow.reference = std::regex{"1500"};
  narrow.ours = std::regex{"1\\d00"};
  Review review{{narrow}};
  CHECK(review.knows(kCase, {"host/cni0/mtu", "1500", "1400"}));
  CHECK_FALSE(review.knows(kCase, {"host/cni0/mtu/x", "1500", "1400"}));
  CHECK_FALSE(review.knows(kCase, {"host/cni0/mtu", "1400", "1400"}));
  CHECK_FALSE(review.knows(kCase, {"host/cni0/mtu", "1500", "9000"}));
  CHECK_FALSE(review.knows({.theme = "ptp", .name = "mtu"}, {"host/cni0/mtu", "1500", "1400"}));
}

TEST_CASE("what no longer shows is stale, in the themes that it concerns") {
  Review review{{place("bridge: .*", "a"), place("bridge: .*", "b"), place("ptp: .*", "c")}};
  CHECK(review.knows(kCase, {"a", "1", "2"}));
  CHECK(review.stale({kCase}) == std::vector<std::string>{"tag: b"});
}

TEST_CASE("the table is as large as promised, and no case is there twice") {
  const auto cases = all_cases();
  CHECK(cases.size() >= 60);
  std::set<std::string> names;
  for (const Case& item : cases) CHECK(names.insert(item.theme + ": " + item.name).second);
}

TEST_CASE("every reviewed difference concerns some case") {
  const auto cases = all_cases();
  for (const Place& place : load_places()) {
    INFO(place.id << ": " << place.written);
    CHECK(std::any_of(cases.begin(), cases.end(),
                      [&](const Case& item) { return std::regex_match(item.theme + ": " + item.name, place.cases); }));
  }
}

TEST_CASE("docs/differences.md has a row for every reviewed difference, and for nothing else") {
  CHECK(ids_in_docs() == ids_in_list());
}
