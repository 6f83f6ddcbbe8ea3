// SPDX-License-Identifier: Apache-2.0
// What a network configuration says to bandwidth, validated.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/contract/request.hpp"
#include "common/net/ip.hpp"

namespace patchbay::bandwidth {

struct Limit {
  std::uint64_t rate = 0;   // bits per second
  std::uint64_t burst = 0;  // bits
};

// Far ends, by address, for which the limits are not, or for which alone they are.
struct Subnets {
  std::vector<net::Cidr> list;  // none: the limits are for everything
  bool shaped = false;          // true: for these alone; false: for all but these
};

// As the container sees it. nullopt: unlimited.
struct Limits {
  std::optional<Limit> ingress, egress;
  Subnets subnets;
  [[nodiscard]] bool none() const { return !ingress && !egress; }
};

// The configuration's own limits when one of their keys is there, otherwise runtimeConfig.bandwidth. Subnets that
// the configuration names are for the runtime's limits as well, unless the runtime names others.
Limits parse_limits(const contract::Request& request);

}  // namespace patchbay::bandwidth
