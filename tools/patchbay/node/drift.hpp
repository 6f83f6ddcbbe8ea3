// SPDX-License-Identifier: Apache-2.0
// What live attachments should have and have not, by their records: after a flush, say.
#pragma once

#include <string>
#include <vector>

#include "common/firewall/firewall.hpp"
#include "tools/patchbay/node/survey.hpp"

namespace patchbay::cli {

// All rules of one attachment in one backend: made, as by ADD, in one transaction.
struct Wanted {
  firewall::Backend backend{};
  firewall::Intents intents;
};

struct Drift {
  Owner owner;
  os::FileTime since;                // when it was attached
  std::vector<std::string> plugins;  // that have a record of it
  std::vector<Wanted> wanted;
  std::vector<std::string> missing_rules, missing_others;
  bool known = true;  // false: a record of an older version does not tell what its rules were
};

// Of every live attachment that has a record, in the order in which they were attached.
std::vector<Drift> find_drifts(const Survey& survey);

std::vector<std::string> missing_rules(const Drift& drift);

}  // namespace patchbay::cli
