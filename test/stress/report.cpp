// SPDX-License-Identifier: Apache-2.0
#include "test/stress/report.hpp"

#include <cmath>
#include <sstream>

namespace patchbay::stress {

namespace {

constexpr double kMedian = 0.5, kTail = 0.99;
constexpr double kPairsPerMinute = 2000, kSlowest = 2;  // goals, on two cores
constexpr std::size_t kMostShown = 20;

double milliseconds(double seconds) { return std::round(seconds * 1e4) / 10; }

nlohmann::json latencies(const Tally& tally, const std::string& verb) {
  return {{"p50_ms", milliseconds(tally.percentile(verb, kMedian, false))},
          {"p99_ms", milliseconds(tally.percentile(verb, kTail, false))},
          {"p99_ms_beside_no_held_lock", milliseconds(tally.percentile(verb, kTail, true))}};
}

void list(std::ostringstream& out, const std::string& title, const std::map<std::string, std::size_t>& counts) {
  if (counts.empty()) return;
  out << title << ":\n";
  for (const auto& [what, count] : counts) out << "  " << count << "  " << what << "\n";
}

}  // namespace

bool is_correct(const Tally& tally) { return tally.violations().empty() && tally.unhealed().empty(); }

std::vector<Goal> goals(const Tally& tally) {
  std::vector<Goal> all{
      {"no duplicate, no leak, nothing else that must not be", tally.violations().empty()},
      {"no error that a plain retry does not heal", tally.unhealed().empty()},
      {"2,000 pairs a minute", tally.pairs_per_minute() >= kPairsPerMinute},
  };
  for (const char* verb : {"ADD", "DEL"})
    all.push_back({std::string{"p99 of "} + verb + " within 2 s, where nobody holds a lock and hangs",
                   tally.percentile(verb, kTail, true) <= kSlowest});
  return all;
}

std::string text(const Options& options, const Tally& tally) {
  std::ostringstream out;
  out << options.backend << ", " << options.workers << " workers, " << options.duration.count() << " s, seed "
      << options.seed << "\n"
      << std::llround(tally.pairs_per_minute()) << " pairs of ADD and DEL a minute\n"
      << std::llround(tally.cpu_seconds()) << " s of CPU time, all nemeses included, in "
      << std::llround(tally.seconds()) << " s\n";
  for (const char* verb : {"ADD", "DEL"})
    out << verb << ": p50 " << milliseconds(tally.percentile(verb, kMedian, false)) << " ms, p99 "
        << milliseconds(tally.percentile(verb, kTail, false)) << " ms (beside no held lock "
        << milliseconds(tally.percentile(verb, kTail, true)) << " ms)\n";
  list(out, "counted", tally.counts());
  list(out, "errors that a plain retry healed", tally.healed());
  list(out, "ERRORS THAT NO PLAIN RETRY HEALED", tally.unhealed());
  const auto violations = tally.violations();
  for (std::size_t i = 0; i < std::min(kMostShown, violations.size()); ++i)
    out << "VIOLATION: " << violations[i] << "\n";
  if (violations.size() > kMostShown) out << "and " << violations.size() - kMostShown << " more violations\n";
  for (const auto& goal : goals(tally)) out << (goal.met ? "met:     " : "NOT MET: ") << goal.what << "\n";
  return out.str();
}

nlohmann::json json(const Options& options, const Tally& tally) {
  nlohmann::json met;
  for (const auto& goal : goals(tally)) met[goal.what] = goal.met;
  return {{"backend", options.backend},
          {"seconds", options.duration.count()},
          {"workers", options.workers},
          {"seed", options.seed},
          {"remove_namespaces", options.remove_namespaces},
          {"pairs_per_minute", std::llround(tally.pairs_per_minute())},
          {"cpu_seconds", std::round(tally.cpu_seconds())},
          {"ADD", latencies(tally, "ADD")},
          {"DEL", latencies(tally, "DEL")},
          {"counts", tally.counts()},
          {"healed_errors", tally.healed()},
          {"unhealed_errors", tally.unhealed()},
          {"violations", tally.violations()},
          {"goals", met}};
}

}  // namespace patchbay::stress
