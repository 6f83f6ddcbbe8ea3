// SPDX-License-Identifier: Apache-2.0
// The loopback interface of a container. CNI_IFNAME does not matter: it is always "lo".
#pragma once

#include "common/contract/request.hpp"
#include "common/contract/result.hpp"
#include "common/os/capabilities.hpp"

namespace patchbay::loopback {

contract::Result add(const contract::Request& request);
void del(const contract::Request& request);
void check(const contract::Request& request);
void gc(const contract::Request& request);      // nothing outlives the namespace
void status(const contract::Request& request);  // always ready
os::Capabilities needs(contract::Command command);

}  // namespace patchbay::loopback
