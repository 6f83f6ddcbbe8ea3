// SPDX-License-Identifier: Apache-2.0
// A cable from a container to the host (the reference's ptp), or directly to another container.
#pragma once

#include "common/contract/request.hpp"
#include "common/contract/result.hpp"
#include "common/os/capabilities.hpp"

namespace patchbay::veth {

contract::Result add(const contract::Request& request);
void del(const contract::Request& request);
void check(const contract::Request& request);
void gc(const contract::Request& request);
void status(const contract::Request& request);
os::Capabilities needs(contract::Command command);

}  // namespace patchbay::veth
