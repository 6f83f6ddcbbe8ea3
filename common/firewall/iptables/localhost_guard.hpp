// SPDX-License-Identifier: Apache-2.0
// 127.0.0.0/8 and ::1 are for this node alone: a rule in table raw, ahead of all translation, that drops
// what comes for them from elsewhere. The reference has no such rule. Shared by all host ports.
#pragma once

#include "common/firewall/intent.hpp"
#include "common/firewall/iptables/table.hpp"

namespace patchbay::firewall::iptables {

Rule localhost_guard(net::Family family);
bool has_localhost_guard(const Table& raw);
void ensure_localhost_guard(Table& raw);
void remove_localhost_guard(Table& raw);

// What has a port of this family needs it, whatever the port's host address: an entry in table nat is
// reached by every address of this host, and with route_localnet the way is open to more than host ports.
bool needs_localhost_guard(const Intents& intents, net::Family family);

// True when some interface takes packets to 127.0.0.0/8 for this node (route_localnet).
bool localhost_is_routed();

}  // namespace patchbay::firewall::iptables
