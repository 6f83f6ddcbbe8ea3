// SPDX-License-Identifier: Apache-2.0
// What a run showed, for people and for programs.
#pragma once

#include "test/stress/stage.hpp"

namespace patchbay::stress {

struct Goal {
  std::string what;
  bool met = false;
};

// In the order in which they are told. Correctness alone decides whether a run succeeded.
std::vector<Goal> goals(const Tally& tally);
bool is_correct(const Tally& tally);

std::string text(const Options& options, const Tally& tally);
nlohmann::json json(const Options& options, const Tally& tally);

}  // namespace patchbay::stress
