// SPDX-License-Identifier: Apache-2.0
// Keeping bridges apart, as edits of table filter. All of it is of the bridges, nothing of an attachment.
#pragma once

#include <string>
#include <vector>

#include "common/firewall/intent.hpp"
#include "common/firewall/iptables/table.hpp"

namespace patchbay::firewall::iptables {

// The reference suite's layout.
struct IsolationRules {
  Rule entrance;                // in FORWARD, ahead of what accepts
  std::vector<Rule> of_bridge;  // in either stage, to stand first, the last of them foremost
  std::vector<Rule> ends;       // of the stages: what came so far passes
};
IsolationRules isolation_rules(const IngressPolicy& policy);

// Rules that are there with another comment do: it has changed with the reference's versions.
void ensure_isolation(Table& filter, const IsolationRules& wanted);
// What of it is not there, or stands behind what it should come before.
std::vector<Rule> absent_isolation(const Table& filter, const IsolationRules& wanted);

void lift_isolation(Table& filter, const std::string& bridge);
std::vector<std::string> isolated_bridges(const Table& filter);

}  // namespace patchbay::firewall::iptables
