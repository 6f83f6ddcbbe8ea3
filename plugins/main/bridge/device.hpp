// SPDX-License-Identifier: Apache-2.0
// The bridge itself: made on first use, shared by all its ports, kept.
#pragma once

#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "common/base/rollback.hpp"
#include "common/netlink/link.hpp"
#include "common/os/file.hpp"
#include "plugins/main/bridge/config.hpp"

namespace patchbay::bridge {

// Held by every ADD while it relies on the bridge, so that a failing first ADD that made the bridge
// only takes it away again when nobody else is about to use it.
class BridgeUse {
 public:
  BridgeUse();  // shared flock on /run/patchbay/bridge.lock
  // Nobody else is in the middle of an ADD, and nobody can start one.
  [[nodiscard]] bool is_alone() const { return lock_.try_alone(); }

 private:
  os::FileLock lock_;
};

// The bridge, up, deaf to router advertisements, promiscuous when configured. One that exists is
// taken as it is; bridge_conflict when it is no bridge or does not filter VLANs although it must.
netlink::Link ensure_bridge(netlink::Socket& host, const Config& config, const BridgeUse& use, Rollback& undo);

// Throws, with this code, when the bridge is none, or does not filter VLANs although it must.
void refuse_unfit(const netlink::Link& bridge, const Config& config, Code code);

// Gateway addresses on `device` (the bridge or its VLAN interface). An existing other address is a
// conflict (any in IPv4, an overlapping one in IPv6) unless force_address replaces it.
void ensure_gateway_addresses(netlink::Socket& host, const netlink::Link& device,
                              const std::vector<net::Cidr>& gateways, bool force);

}  // namespace patchbay::bridge
