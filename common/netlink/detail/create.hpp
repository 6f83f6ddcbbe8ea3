// SPDX-License-Identifier: Apache-2.0
// What making a bridge and making a veth have in common.
#pragma once

#include <optional>
#include <string>

#include "common/netlink/link.hpp"

namespace patchbay::netlink::detail {

// RTM_NEWLINK, exclusive, the new link echoed.
wire::Message new_link(unsigned flags);

// Carries out `message`, which makes the link `name` and which a kernel without `feature` does not
// support. nullopt: EEXIST. The answer is the link as it was born, before it was given a master.
std::optional<Link> create(Socket& socket, wire::Message message, const std::string& name, const std::string& doing,
                           const std::string& feature);

}  // namespace patchbay::netlink::detail
