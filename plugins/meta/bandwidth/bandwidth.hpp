// SPDX-License-Identifier: Apache-2.0
// Limits to what a container receives and sends. Chained behind a main plugin that makes a veth.
#pragma once

#include "common/contract/request.hpp"
#include "common/contract/result.hpp"
#include "common/os/capabilities.hpp"

namespace patchbay::bandwidth {

contract::Result add(const contract::Request& request);
void del(const contract::Request& request);
void check(const contract::Request& request);
void gc(const contract::Request& request);
void status(const contract::Request& request);
os::Capabilities needs(contract::Command command);

}  // namespace patchbay::bandwidth
