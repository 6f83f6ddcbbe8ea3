// SPDX-License-Identifier: Apache-2.0
// A runtime with one container at a time, which is killed, stopped and lied to, and cleans up after it.
#pragma once

#include <random>
#include <stop_token>

#include "test/stress/blows.hpp"
#include "test/stress/stage.hpp"

namespace patchbay::stress {

class Worker {
 public:
  Worker(Stage& stage, int index);
  // Containers come and go until it is told to stop; then the last has gone.
  void run(const std::stop_token& stop);
  // One that nothing is done to. False when it could not be attached or detached.
  bool live_undisturbed();

 private:
  using Error = std::optional<std::string>;  // the kind of an error without reason
  enum class Outcome { done, excused, failed };
  struct Chained {
    Outcome outcome = Outcome::done;
    Failure failure;
    std::optional<Expected> reason;
  };

  // ADD, a while, DEL. The error for which ADD failed without reason.
  Error live();
  void begin();
  Error attach();
  void stay();
  void check();
  void ask();
  void detach();
  void collect();
  void refused(Expected reason, Span call);

  // One verb through the whole chain, as a runtime does it: the first failure ends it.
  Chained chain(const std::string& verb, bool disturbed);
  Called call(const std::string& verb, const std::string& plugin, const Blow& blow);
  void repeat_meanwhile(const std::string& verb, const std::string& plugin);
  // Until it is done, with plain retries. `disturbed`: of so many tries each may be struck.
  void until_done(const std::string& verb, int disturbed);
  [[nodiscard]] Circumstances circumstances(Span call) const;
  [[nodiscard]] bool chance(double probability);
  [[nodiscard]] std::vector<std::string> ids_of_others() const;

  Stage& stage_;
  const int index_;
  Place& place_;
  std::mt19937_64 random_;
  Blows blows_;
  bool undisturbed_ = false;
  Attachment it_;  // the present one
  Life life_;
};

}  // namespace patchbay::stress
