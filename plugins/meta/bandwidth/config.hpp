// SPDX-License-Identifier: Apache-2.0
// What a network configuration says to bandwidth, validated.
#pragma once

#include <cstdint>
#include <optional>

#include "common/contract/request.hpp"

namespace patchbay::bandwidth {

struct Limit {
  std::uint64_t rate = 0;   // bits per second
  std::uint64_t burst = 0;  // bits
};

// As the container sees it. nullopt: unlimited.
struct Limits {
  std::optional<Limit> ingress, egress;
};

// The configuration's own limits when one of their keys is there, otherwise runtimeConfig.bandwidth.
Limits parse_limits(const contract::Request& request);

}  // namespace patchbay::bandwidth
