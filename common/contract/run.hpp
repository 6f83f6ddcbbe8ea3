// SPDX-License-Identifier: Apache-2.0
// From a process to a verb and back: the only place that prints results and errors and exits.
#pragma once

#include <string_view>

#include "common/contract/request.hpp"
#include "common/contract/result.hpp"
#include "common/os/capabilities.hpp"

namespace patchbay::contract {

// One plugin: its verbs. All of them are required; a verb with nothing to do says so in a function.
struct Plugin {
  std::string_view name;         // as in the banner; "veth" calls itself "ptp" when run under that name
  std::string_view description;  // one line for --help
  Result (*add)(const Request&);
  void (*del)(const Request&);
  void (*check)(const Request&);
  void (*gc)(const Request&);
  void (*status)(const Request&);
  // What the verb needs of what the runtime has given us: the rest is given up before anything from a
  // container or the disk is read. nullptr: nothing is given up. docs/adr/0011-capabilities.md
  os::Capabilities (*needs)(Command) = nullptr;
};

// The body of main(). Reads the request, runs the verb, prints, returns the exit code.
// Without CNI_COMMAND: `--help` explains, `--version` prints the version, otherwise the reference's
// banner "CNI <name> plugin v<version>" on stderr, exit 0.
// The error object has cniVersion, code, msg and details. SIGTERM, SIGINT and SIGHUP during ADD
// become an Error (try_again) at the next safe point, so that undo runs.
int run(const Plugin& plugin, int argc, char** argv);

// Throws try_again when a termination signal has arrived; ADD calls it between steps.
void stop_if_asked();

}  // namespace patchbay::contract
