// SPDX-License-Identifier: Apache-2.0
// The ifb through which a container's packets leave when they are to be limited.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/owner.hpp"
#include "common/netlink/link.hpp"

namespace patchbay::bandwidth {

// Names that the ifb of this attachment may have, the usual one first: it is the reference suite's, which does
// not know the interface. A second interface of the container on the same network takes the other.
std::vector<std::string> shaper_names(const Owner& owner);

// Also one that the reference suite has made, which has no tag.
std::optional<netlink::Link> find_shaper(netlink::Socket& host, const Owner& owner);
netlink::Link create_shaper(netlink::Socket& host, const Owner& owner, unsigned mtu);
void remove_shaper(netlink::Socket& host, const Owner& owner);
// GC: those of this network whose owner is not among `valid`.
void collect_shapers(netlink::Socket& host, const std::string& network, const Owners& valid);

}  // namespace patchbay::bandwidth
