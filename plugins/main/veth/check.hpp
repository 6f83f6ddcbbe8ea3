// SPDX-License-Identifier: Apache-2.0
// CHECK of a cable to the host, and what it wants of the packet filter.
#pragma once

#include "common/attach/container.hpp"
#include "common/attach/record.hpp"
#include "common/contract/result.hpp"
#include "common/firewall/intent.hpp"
#include "plugins/main/veth/config.hpp"

namespace patchbay::veth {

inline attach::Records records() { return attach::Records{"veth"}; }

firewall::Intents wanted_rules(const Config& config, const contract::Result& result);

// The host end, its gateway addresses, the routes at both ends; throws drift with the first difference.
void check_host_side(attach::Container& container, const netlink::Link& inner, const contract::Result& expected);

}  // namespace patchbay::veth
