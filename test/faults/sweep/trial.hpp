// SPDX-License-Identifier: Apache-2.0
// One fault at one point of one call, and whether what was promised holds afterwards.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "test/faults/injector/injector.hpp"
#include "test/faults/sweep/case.hpp"

namespace patchbay::faults {

// Who cleans up after an ADD or DEL that did not end well.
enum class Ending : std::uint8_t { del, gc };

struct Trial {
  const Case* of = nullptr;
  std::string verb;  // ADD, DEL, CHECK, DRIFT (a CHECK that must fail), GC, STATUS, VERSION
  std::size_t plugin = 0;
  std::optional<Fault> fault;
  Ending ending = Ending::del;
};

struct Complaint {
  std::string check, what;
};

struct Verdict {
  std::vector<Complaint> complaints;
  Observation observation;
  bool failed_itself = false;  // the harness, not what it tests

  void complain(std::string check, std::string what) { complaints.push_back({std::move(check), std::move(what)}); }
};

Verdict perform(const Trial& trial);

}  // namespace patchbay::faults
