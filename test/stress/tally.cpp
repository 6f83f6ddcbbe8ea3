// SPDX-License-Identifier: Apache-2.0
#include "test/stress/tally.hpp"

#include <algorithm>

namespace patchbay::stress {

void Tally::count(const std::string& what, std::size_t times) {
  const std::lock_guard lock{mutex_};
  counts_[what] += times;
}

void Tally::took(const std::string& verb, Span span, bool calm) {
  const std::lock_guard lock{mutex_};
  durations_[verb].push_back({static_cast<double>(span.end - span.begin) / 1e9, calm});
}

void Tally::error(const std::string& kind, bool healed) {
  const std::lock_guard lock{mutex_};
  ++(healed ? healed_ : unhealed_)[kind];
}

void Tally::lasted(Span span, double cpu_seconds) {
  const std::lock_guard lock{mutex_};
  load_ = span;
  cpu_seconds_ = cpu_seconds;
}

double Tally::seconds() const {
  const std::lock_guard lock{mutex_};
  return static_cast<double>(load_.end - load_.begin) / 1e9;
}

double Tally::cpu_seconds() const {
  const std::lock_guard lock{mutex_};
  return cpu_seconds_;
}

double Tally::pairs_per_minute() const {
  const double minutes = seconds() / 60;
  return minutes > 0 ? static_cast<double>(counted("pairs")) / minutes : 0;
}

void Tally::violation(const std::string& what) {
  const std::lock_guard lock{mutex_};
  violations_.push_back(what);
}

std::size_t Tally::counted(const std::string& what) const {
  const std::lock_guard lock{mutex_};
  const auto found = counts_.find(what);
  return found == counts_.end() ? 0 : found->second;
}

double Tally::percentile(const std::string& verb, double part, bool only_calm) const {
  const std::lock_guard lock{mutex_};
  std::vector<double> seconds;
  if (const auto found = durations_.find(verb); found != durations_.end())
    for (const Duration& it : found->second)
      if (it.calm || !only_calm) seconds.push_back(it.seconds);
  if (seconds.empty()) return 0;
  std::ranges::sort(seconds);
  return seconds[std::min(seconds.size() - 1, static_cast<std::size_t>(part * static_cast<double>(seconds.size())))];
}

std::map<std::string, std::size_t> Tally::counts() const {
  const std::lock_guard lock{mutex_};
  return counts_;
}

std::map<std::string, std::size_t> Tally::healed() const {
  const std::lock_guard lock{mutex_};
  return healed_;
}

std::map<std::string, std::size_t> Tally::unhealed() const {
  const std::lock_guard lock{mutex_};
  return unhealed_;
}

std::vector<std::string> Tally::violations() const {
  const std::lock_guard lock{mutex_};
  return violations_;
}

}  // namespace patchbay::stress
