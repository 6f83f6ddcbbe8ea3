// SPDX-License-Identifier: Apache-2.0
// Forgetting connections of an attachment that has come or gone, and nobody else's
// (ctnetlink, <linux/netfilter/nfnetlink_conntrack.h>).
#pragma once

#include <vector>

#include "common/firewall/intent.hpp"

namespace patchbay::firewall::conntrack {

// Looking for them is a walk over the hash table that all namespaces share: 10 ms with the 262,144 buckets
// of an ordinary node, however few connections there are. So it is done where a stale entry does harm:
// over UDP and SCTP, where a client's next packet goes wherever the entry says, for as long as it sends.
// TCP begins with a SYN, which the kernel takes for a new connection when the old one is dead; its
// entries are forgotten along with the others, or expire.

// Without `any_target` (DEL): connections that were forwarded from these host ports to these
// containers: original destination port and protocol match, and the reply comes from the container.
// With `any_target` (ADD, after the rules are in): those to the same port of this host that go
// anywhere else - to the previous owner, or to nobody, from before the port was published. TCP and
// SCTP connections that a server of the host itself has established keep their entry and live on.
// Connections that merely pass through this host are nobody's business here.
void forget_ports(const std::vector<PortForward>& forwards, bool any_target);

// Connections from or to these container addresses, for GC. Costs one small read when conntrack is idle
// in this namespace (nf_conntrack_count is 0).
void forget_addresses(const std::vector<net::Ip>& addresses);

}  // namespace patchbay::firewall::conntrack
