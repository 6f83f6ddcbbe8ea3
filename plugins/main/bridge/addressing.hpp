// SPDX-License-Identifier: Apache-2.0
// What the bridge plugin makes of the addresses that IPAM hands out.
#pragma once

#include <vector>

#include "common/contract/result.hpp"
#include "plugins/main/bridge/config.hpp"

namespace patchbay::bridge {

// Gateways and default routes filled in as isGateway and isDefaultGateway ask for.
void complete_gateways(contract::Result& addresses, const Config& config);

// The gateway addresses that belong on the bridge, each with its subnet's prefix; IPv4 first.
std::vector<net::Cidr> gateway_addresses(const contract::Result& addresses);

}  // namespace patchbay::bridge
