// SPDX-License-Identifier: Apache-2.0
// Every case of the tables, one theme after the other. Each plugin call is judged at once; what it has done to the
// node as a whole is looked at after every few, and if anything has, they are tried again one by one.
#include <algorithm>
#include <cstdio>
#include <thread>

#include "test/hostile/judge.hpp"
#include "test/hostile/node.hpp"
#include "test/support/catch.hpp"

using namespace patchbay::test;
using namespace patchbay::test::hostile;

namespace {

constexpr std::size_t kGroup = 16;

constexpr const char* kCircumstances = "circumstances";  // the process is given little
constexpr const char* kWaits = "waits";                  // these take their time, all at once

struct Tally {
  std::size_t cases = 0, refused = 0, accepted = 0;
  std::chrono::milliseconds slowest{0};
  long peak_kib = 0;

  void count(const Outcome& outcome) {
    ++cases;
    ++(was_accepted(outcome) ? accepted : refused);
    slowest = std::max(slowest, outcome.took);
    peak_kib = std::max(peak_kib, outcome.peak_kib);
  }
  void print(const std::string& theme) const {
    std::printf("%s: %zu cases, %zu refused, %zu accepted, at most %lld ms and %ld KiB\n", theme.c_str(), cases,
                refused, accepted, static_cast<long long>(slowest.count()), peak_kib);
  }
};

std::optional<std::string> lacks(const Case& item) {
  const std::string needs = item.text("needs");
  if (needs == "iptables") return lacks_legacy_iptables();
  if (needs == "root" && !is_root()) return "needs root";
  return std::nullopt;
}

// Twice when it was late: this machine may be busy with something else.
std::string try_case(Node& node, const Case& item, Tally& tally) {
  for (int again = 0;; ++again) {
    const Attempt attempt = node.prepare(item);
    const Outcome outcome = run(node.trial(attempt));
    std::string wrong = node.conclude(attempt, outcome);
    if (wrong.find(" ms\n") != std::string::npos && again < 2) continue;
    tally.count(outcome);
    return wrong;
  }
}

using Cases = std::vector<Case>;

// Which of the cases leaves something behind; what earlier ones have left is there already.
void name_the_culprits(Node& node, const Cases& cases) {
  Tally ignored;
  auto before = node.world.snapshot();
  for (const Case& item : cases) {
    static_cast<void>(try_case(node, item, ignored));
    const auto after = node.world.snapshot();
    INFO(item.theme << ": " << item.name << ": leaves");
    CHECK(difference(before, after) == "");
    before = after;
  }
}

void try_all(Node& node, const Cases& all, Tally& tally) {
  for (std::size_t start = 0; start < all.size(); start += kGroup) {
    const Cases group{all.begin() + static_cast<std::ptrdiff_t>(start),
                      all.begin() + static_cast<std::ptrdiff_t>(std::min(start + kGroup, all.size()))};
    const auto before = node.world.snapshot();
    for (const Case& item : group) CHECK(try_case(node, item, tally) == "");
    const std::string left = difference(before, node.world.snapshot());
    CHECK(left == "");
    if (!left.empty()) name_the_culprits(node, group);
  }
}

// The process is given little.
bool takes_away(const Case& item) { return item.told.contains("prelude") || item.told.contains("deny"); }

// Sanitizers themselves need what is taken away in some.
Cases possible_cases(const std::string& theme) {
  Cases cases = load_cases(theme);
  if (kSanitized) std::erase_if(cases, takes_away);
  std::erase_if(cases, [](const Case& item) {
    const auto reason = lacks(item);
    if (reason) std::printf("%s left out: %s\n", item.name.c_str(), reason->c_str());
    return reason.has_value();
  });
  return cases;
}

}  // namespace

TEST_CASE("hostile input") {
  for (const auto& theme : themes()) {
    if (theme == kWaits) continue;
    DYNAMIC_SECTION(theme) {
      if (kSanitized && theme == kCircumstances) PATCHBAY_SKIP("sanitizers need what is taken away here");
      Tally tally;
      Node node;
      try_all(node, possible_cases(theme), tally);
      tally.print(theme);
    }
  }
}

// What waits for others waits no longer than promised: the lock 5 s, stdin and stdout 10 s without progress, a
// delegate 30 s. All at once, each with a container of its own.
TEST_CASE("bounded waits") {
  Tally tally;
  Node node;
  Cases cases = possible_cases(kWaits);
  for (Case& item : cases) item.told["netns"] = node.world.netns(item.text("container"));
  const auto before = node.world.snapshot();
  std::vector<Attempt> attempts;
  for (const Case& item : cases) attempts.push_back(node.prepare(item));
  std::vector<Outcome> outcomes(attempts.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < attempts.size(); ++i)
    threads.emplace_back([&, i] { outcomes[i] = run(node.trial(attempts[i])); });
  for (auto& thread : threads) thread.join();
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    tally.count(outcomes[i]);
    CHECK(node.conclude(attempts[i], outcomes[i]) == "");
  }
  CHECK(difference(before, node.world.snapshot()) == "");
  tally.print(kWaits);
}

TEST_CASE("the tables hold what they promise") {
  std::size_t all = 0;
  for (const auto& theme : themes()) {
    const Cases cases = load_cases(theme);
    std::vector<std::string> names;
    for (const Case& item : cases) names.push_back(item.name);
    std::sort(names.begin(), names.end());
    INFO(theme << ": a name that is there twice");
    CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
    all += cases.size();
  }
  CHECK(all >= 300);
}
