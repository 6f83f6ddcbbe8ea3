// SPDX-License-Identifier: Apache-2.0
// ADD is a list of steps with their undo: unless committed, undos run in reverse order.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace patchbay {

class Rollback {
 public:
  Rollback() = default;
  Rollback(const Rollback&) = delete;
  Rollback& operator=(const Rollback&) = delete;
  Rollback(Rollback&&) = delete;
  Rollback& operator=(Rollback&&) = delete;
  ~Rollback();  // runs what was not committed; a failing undo is reported on stderr, the rest still run

  // Register the undo *before* the step when the step can fail half-way, after it otherwise.
  void add(std::string name, std::function<void()> undo) { steps_.push_back({std::move(name), std::move(undo)}); }
  void commit() { steps_.clear(); }

 private:
  struct Step {
    std::string name;
    std::function<void()> undo;
  };
  std::vector<Step> steps_;
};

}  // namespace patchbay
