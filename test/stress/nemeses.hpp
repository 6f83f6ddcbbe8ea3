// SPDX-License-Identifier: Apache-2.0
// What others do to a node meanwhile: empty the packet filter, make and remove links, hold locks and hang.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "test/stress/history.hpp"
#include "test/stress/runtime.hpp"
#include "test/stress/tally.hpp"
#include "test/stress/verdict.hpp"

namespace patchbay::stress {

class Nemeses {
 public:
  struct Plan {
    std::string backend;
    std::vector<Network> networks;  // the last one's lock is held for longer than plugins wait, at times
    std::chrono::seconds duration;
    unsigned seed = 1;
  };
  // They begin at once, and have ended after end().
  Nemeses(test::World& world, Plan plan, History& history, Tally& tally);
  ~Nemeses();
  Nemeses(const Nemeses&) = delete;
  Nemeses& operator=(const Nemeses&) = delete;

  void end();
  [[nodiscard]] std::vector<Hold> holds_within(Span span) const;

 private:
  using Random = std::mt19937_64;
  void flush(const std::stop_token& stop);
  void churn(const std::stop_token& stop);
  void hold_briefly(const std::stop_token& stop);
  void hold_long(const std::stop_token& stop);
  // Takes the lock, is stopped for so long, and killed.
  void hold(const std::string& path, std::chrono::milliseconds time, const std::stop_token& stop);
  // Between half of this and one and a half of it; false when it is time to stop.
  bool pause(const std::stop_token& stop, Random& random, std::chrono::milliseconds about);
  bool wait(const std::stop_token& stop, std::chrono::milliseconds time);
  void start(void (Nemeses::*work)(const std::stop_token&));
  [[nodiscard]] bool iptables() const { return plan_.backend == "iptables"; }

  test::World& world_;
  const Plan plan_;
  History& history_;
  Tally& tally_;
  struct Held {
    Hold hold;
    Span span;
  };
  mutable std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::vector<Held> held_;
  std::vector<std::jthread> threads_;
};

}  // namespace patchbay::stress
