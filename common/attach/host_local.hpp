// SPDX-License-Identifier: Apache-2.0
// The host-local IPAM plugin as verbs: used by its own executable, and in process by main plugins
// whose ipam.type resolves to our own build of it. Behaves identically either way.
#pragma once

#include "common/contract/request.hpp"
#include "common/contract/result.hpp"
#include "common/os/capabilities.hpp"
#include "common/os/netns.hpp"

namespace patchbay::attach::host_local {

contract::Result add(const contract::Request& request);
// For who has the container's namespace open, and knows which it is.
contract::Result add(const contract::Request& request, const os::NetnsId& netns);
void del(const contract::Request& request);
void check(const contract::Request& request);
void gc(const contract::Request& request);
void status(const contract::Request& request);
os::Capabilities needs(contract::Command command);

}  // namespace patchbay::attach::host_local
