// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include "test/faults/sweep/plan.hpp"

namespace patchbay::faults {

// What a child tells of its trial.
nlohmann::json to_json(const Trial& trial, const Verdict& verdict);

class Report {
 public:
  void begin(const Stage& stage);
  void add(const nlohmann::json& result);
  void end_stage(double seconds);
  void print_total(double seconds) const;

  [[nodiscard]] bool good() const { return bad_ == 0 && runs_ > 0; }
  [[nodiscard]] nlohmann::json to_json() const { return rows_; }

 private:
  nlohmann::json rows_ = nlohmann::json::array();
  std::size_t points_ = 0, runs_ = 0, bad_ = 0, missed_ = 0;
};

}  // namespace patchbay::faults
