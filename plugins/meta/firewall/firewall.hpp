// SPDX-License-Identifier: Apache-2.0
// What may be forwarded for a container, and from whom. Chained behind a main plugin.
#pragma once

#include "common/contract/request.hpp"
#include "common/contract/result.hpp"
#include "common/os/capabilities.hpp"

namespace patchbay::firewall_plugin {

contract::Result add(const contract::Request& request);
void del(const contract::Request& request);
void check(const contract::Request& request);
void gc(const contract::Request& request);
void status(const contract::Request& request);
os::Capabilities needs(contract::Command command);

}  // namespace patchbay::firewall_plugin
