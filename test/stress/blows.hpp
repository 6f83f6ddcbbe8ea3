// SPDX-License-Identifier: Apache-2.0
// What is done to single calls, at a random moment of the time that such calls usually take.
#pragma once

#include <map>
#include <random>

#include "test/stress/call.hpp"
#include "test/stress/place.hpp"
#include "test/stress/tally.hpp"

namespace patchbay::stress {

class Blows {
 public:
  Blows(Place& place, bool remove_namespaces, std::mt19937_64& random, Tally& tally)
      : place_(place), remove_(remove_namespaces), random_(random), tally_(tally) {}
  void new_container() { terminated_ = hidden_ = false; }

  // One of all, for a call of this name.
  Blow any(const std::string& call);
  void took(const std::string& call, Span span);  // undisturbed

  // Of the present container:
  [[nodiscard]] bool terminated() const { return terminated_; }  // a call was sent SIGTERM
  [[nodiscard]] bool hidden() const { return hidden_; }          // its namespace cannot be found any more

 private:
  std::function<void(int)> strike();
  void pause(int pid, int then);
  void hide();
  Place& place_;
  const bool remove_;
  std::mt19937_64& random_;
  Tally& tally_;
  std::map<std::string, double> usual_;  // nanoseconds
  bool terminated_ = false, hidden_ = false;
};

}  // namespace patchbay::stress
