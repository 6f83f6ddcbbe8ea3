// SPDX-License-Identifier: Apache-2.0
// u32 filters that match one subnet: as struct tc_u32_sel and its keys (<linux/pkt_cls.h>).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/netlink/traffic.hpp"

namespace patchbay::netlink::traffic::detail {

// Priority and protocol: one priority holds filters of one protocol only.
std::uint32_t subnet_filter_info(net::Family family);
std::vector<std::uint8_t> subnet_selector(const net::Cidr& subnet, FarEnds::Field field);
// nullopt: not what subnet_selector() makes for any subnet of this family.
std::optional<net::Cidr> parse_subnet_selector(std::span<const std::uint8_t> bytes, net::Family family,
                                               FarEnds::Field field);

}  // namespace patchbay::netlink::traffic::detail
