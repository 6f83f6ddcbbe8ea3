// SPDX-License-Identifier: Apache-2.0
// What happened, counted.
#pragma once

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "test/stress/history.hpp"

namespace patchbay::stress {

class Tally {
 public:
  void count(const std::string& what, std::size_t times = 1);
  // How long the chain of `verb` took that nothing was done to itself. `calm`: nor did others hold a lock.
  void took(const std::string& verb, Span span, bool calm);
  // An error without reason, by its kind; `healed`: a plain retry later succeeded.
  void error(const std::string& kind, bool healed);
  // The load, from its begin to the end of the last worker.
  void lasted(Span span, double cpu_seconds);
  // What must never be.
  void violation(const std::string& what);

  [[nodiscard]] std::size_t counted(const std::string& what) const;
  [[nodiscard]] double pairs_per_minute() const;
  [[nodiscard]] double seconds() const;
  [[nodiscard]] double cpu_seconds() const;
  // Seconds; 0 when there was none.
  [[nodiscard]] double percentile(const std::string& verb, double part, bool only_calm) const;
  [[nodiscard]] std::map<std::string, std::size_t> counts() const;
  [[nodiscard]] std::map<std::string, std::size_t> healed() const;
  [[nodiscard]] std::map<std::string, std::size_t> unhealed() const;
  [[nodiscard]] std::vector<std::string> violations() const;

 private:
  struct Duration {
    double seconds;
    bool calm;
  };
  mutable std::mutex mutex_;
  std::map<std::string, std::size_t> counts_, healed_, unhealed_;
  std::map<std::string, std::vector<Duration>> durations_;
  std::vector<std::string> violations_;
  Span load_;
  double cpu_seconds_ = 0;
};

}  // namespace patchbay::stress
