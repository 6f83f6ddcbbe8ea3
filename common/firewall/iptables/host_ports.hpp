// SPDX-License-Identifier: Apache-2.0
// Host ports, as edits of a table.
#pragma once

#include <string>

#include "common/firewall/firewall.hpp"
#include "common/firewall/iptables/claim.hpp"
#include "common/firewall/iptables/table.hpp"

namespace patchbay::firewall::iptables {

// Exactly these ports are forwarded to this owner; with no `forward`, none. Throws host_port_taken.
void replace_host_ports(Table& table, const Owner& owner, const PortForwards& options, const PortForward* forward,
                        const IsDead& is_dead);

// Of a container's chain and the entries to it; the chain itself goes with the last.
void remove_host_ports(Table& table, const std::string& chain, const Claim& claim);

// Of the chain in which portmap before 0.7 masqueraded; nothing is shared there.
void remove_old_snat(Table& table, const std::string& chain);

void collect_host_ports(Table& table, const std::string& network, const Owners& valid);

}  // namespace patchbay::firewall::iptables
