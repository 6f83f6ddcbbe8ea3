// SPDX-License-Identifier: Apache-2.0
// The static IPAM plugin as verbs: addresses that the configuration, the runtime or CNI_ARGS spell out. It keeps
// no state. Used by its own executable, and in process by main plugins whose ipam.type resolves to our build of it.
#pragma once

#include <vector>

#include "common/contract/request.hpp"
#include "common/contract/result.hpp"

namespace patchbay::attach::static_addresses {

// runtimeConfig.ips, or else args.cni.ips, or else ipam.addresses followed by those of CNI_ARGS IP (comma
// between them), which get the gateways of CNI_ARGS GATEWAY that lie in their subnets. Validated; at least one.
std::vector<contract::IpConfig> addresses(const contract::Request& request);

contract::Result add(const contract::Request& request);
void del(const contract::Request& request);  // there is nothing to give back
// Throws drift when prevResult lacks one of the addresses, or has it with another gateway.
void check(const contract::Request& request);
void gc(const contract::Request& request);
void status(const contract::Request& request);

}  // namespace patchbay::attach::static_addresses
