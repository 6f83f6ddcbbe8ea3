// SPDX-License-Identifier: Apache-2.0
// Host ports that somebody else has.
#pragma once

#include "common/firewall/firewall.hpp"
#include "common/firewall/iptables/table.hpp"

namespace patchbay::firewall::iptables {

// Throws host_port_taken when a live attachment, or somebody who is not of our layout, has one of
// these ports, other than the same container on another network; removes the rules of dead ones. Comments do not tell
// the ifname: `is_dead` is asked about "network/container/*", that is, whether any interface of the container lives.
void resolve_conflicts(Table& table, const Owner& owner, const PortForward& forward, const IsDead& is_dead);

// True when packets of `translation`, a rule of a container's chain, come by this entry.
bool entry_covers(const Rule& entry, const Rule& translation);

// True when the rule translates packets that one of these ports is about.
bool translates_any(const Rule& rule, const PortForward& forward);

}  // namespace patchbay::firewall::iptables
