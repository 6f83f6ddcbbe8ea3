// SPDX-License-Identifier: Apache-2.0
// The queue at which one direction is limited: of the host end what the container receives, of the shaper what it
// sends.
#pragma once

#include <vector>

#include "common/netlink/link.hpp"
#include "plugins/meta/bandwidth/config.hpp"

namespace patchbay::bandwidth {

enum class Direction : std::uint8_t { ingress, egress };  // as the container sees it

std::vector<netlink::Request> set_queue(const netlink::Link& link, const Limit& limit, const Subnets& subnets,
                                        Direction direction);
// Throws drift unless it is as set_queue() makes it.
void require_queue(netlink::Socket& host, const netlink::Link& link, const Limit& limit, const Subnets& subnets,
                   Direction direction);

}  // namespace patchbay::bandwidth
