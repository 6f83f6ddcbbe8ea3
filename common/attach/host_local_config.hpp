// SPDX-License-Identifier: Apache-2.0
// What a network configuration says to host-local: its `ipam` object, runtimeConfig and CNI_ARGS,
// validated.
#pragma once

#include <string>
#include <vector>

#include "common/contract/request.hpp"
#include "common/contract/result.hpp"
#include "common/ipam/range.hpp"

namespace patchbay::attach::host_local {

// Where the leases are. All that DEL and GC need: ranges that are wrong today keep nobody from
// giving back what he got yesterday.
std::string data_dir(const contract::Request& request);

// runtimeConfig.ipRanges, then the single range of subnet/rangeStart/rangeEnd/gateway, then ranges.
std::vector<ipam::RangeSet> range_sets(const contract::Request& request);

// CNI_ARGS IP, then args.cni.ips, then runtimeConfig.ips; prefix lengths do not count.
std::vector<net::Ip> requested_addresses(const contract::Request& request);

// What goes into the result as it is: routes, and the dns of resolvConf.
contract::Result fixed_result(const contract::Request& request);

}  // namespace patchbay::attach::host_local
