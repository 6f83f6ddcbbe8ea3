// SPDX-License-Identifier: Apache-2.0
// A node under attack: "blue", a healthy neighbour with a host port, and "green", one without; "box", a container that
// is empty; and whatever a case brings.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/base/owner.hpp"
#include "test/hostile/case.hpp"
#include "test/hostile/files.hpp"
#include "test/hostile/trial.hpp"
#include "test/support/chain.hpp"
#include "test/support/world.hpp"

namespace patchbay::test::hostile {

// A case whose ground is prepared.
struct Attempt {
  Case item;
  std::string directory;  // @D
  std::string netns;
  Owner owner;
  nlohmann::json config, healthy;  // as given to plugins; `healthy` is the one of "base"
  Listing before;
};

class Node {
 public:
  Node();

  Attempt prepare(const Case& item);
  [[nodiscard]] Trial trial(const Attempt& attempt) const;
  // Judges the outcome, deletes the attachment as the case wants it, and clears the ground. What was wrong; "" if
  // nothing.
  std::string conclude(const Attempt& attempt, const Outcome& outcome);

  World world;

 private:
  Outcome call_plainly(const Attempt& attempt, const std::string& command, const nlohmann::json& config);
  std::string delete_afterwards(const Attempt& attempt, const Outcome& outcome);
  void shell(const Attempt& attempt, const char* member);
  [[nodiscard]] nlohmann::json with_results(const nlohmann::json& value) const;

  Chain home_;
  nlohmann::json neighbour_, own_;
  int count_ = 0;
};

}  // namespace patchbay::test::hostile
