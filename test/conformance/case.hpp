// SPDX-License-Identifier: Apache-2.0
// The table of configurations: one file of test/conformance/cases a theme.
//
//   "plugins"   the chain that cases of this theme start from, in order
//   "prepare"   optional, a shell command on the node before anything else
//   "steps"     optional, what a runtime does, see run_case.hpp
//   "versions"  optional, the CNI versions that the cases are run with, otherwise 1.0.0; "none": no key
//   "cases"     each with a "name" and what it has different:
//     "set"         by plugin type, a merge patch (RFC 7396) on its configuration
//     "plugins", "prepare", "steps", "versions"    instead of the theme's
//     "runtimeConfig", "args"    of every container
//     "containers"  by name, a "runtimeConfig" and "args" of its own
//     "refused"     true when the reference refuses the first ADD
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace patchbay::test::conformance {

struct Case {
  std::string theme, name;  // the name with its version, where there are several
  std::string version;
  std::string prepare;
  std::vector<std::string> steps;
  std::vector<nlohmann::json> plugins;
  nlohmann::json runtime_config, containers;
  std::string args;
  bool refused = false;
};

std::vector<std::string> themes();
std::vector<Case> load_cases(const std::string& theme);

}  // namespace patchbay::test::conformance
