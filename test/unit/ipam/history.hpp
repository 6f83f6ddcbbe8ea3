// SPDX-License-Identifier: Apache-2.0
// A history: what befalls a node, one thing after another. Every part of it stands for itself, so that
// parts can be left out when one looks for the shortest history that goes wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace patchbay::test {

struct Event {
  enum class Kind : std::uint8_t {
    add,
    del,
    check,
    collect,           // GC
    reclaim,           // by the tool
    vanish,            // a namespace goes, no DEL comes
    reference_add,     // by the reference suite
    reference_del,     //
    reference_killed,  // in ADD: an empty lease
    set_aside,         // by an administrator
    tear,              // a file of somebody who lives is damaged
    reboot,            //
    power_cut,         // in the middle of one of the above
    other_view,        // from now on we run in another PID namespace
  } kind;
  std::uint32_t choices;  // seed of all that is left to chance within
};

struct History {
  std::uint32_t seed;
  std::vector<Event> events;
};

History random_history(std::uint32_t seed, unsigned length);

// Runs a history; what went wrong, or nullopt. `story` gets a line for everything that happened.
using Run = std::function<std::optional<std::string>(const History&, std::string& story)>;

// The shortest part of a failing history that still fails.
History shrunk(History failing, const Run& run);

}  // namespace patchbay::test
