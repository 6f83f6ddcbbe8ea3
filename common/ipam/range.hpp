// SPDX-License-Identifier: Apache-2.0
// Ranges of addresses to hand out, as the reference's host-local defines them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/net/ip.hpp"

namespace patchbay::ipam {

// One subnet and the part of it to allocate from, both ends included. Canonical: validated and
// with all defaults filled in.
struct Range {
  net::Cidr subnet;
  net::Ip start, end, gateway;

  // Throws invalid_config at `pointer` with the rule that was broken. /31 and /127 (RFC 3021,
  // RFC 6164) are accepted; loopback and multicast subnets are refused.
  struct Input {
    std::optional<net::Cidr> subnet;
    std::optional<net::Ip> start, end, gateway;
  };
  static Range canonical(const Input& input, const std::string& pointer);

  [[nodiscard]] bool contains(const net::Ip& ip) const { return start <= ip && ip <= end; }
  [[nodiscard]] bool overlaps(const Range& other) const;
  [[nodiscard]] std::string to_string() const { return start.to_string() + "-" + end.to_string(); }
  bool operator==(const Range&) const = default;
};

// Alternatives: one address is taken from a set. Same family, no overlaps.
using RangeSet = std::vector<Range>;
void validate_sets(const std::vector<RangeSet>& sets, const std::string& pointer);
const Range* find_range(const RangeSet& set, const net::Ip& ip);
std::string to_string(const RangeSet& set);  // "10.0.0.1-10.0.0.9,10.1.0.1-10.1.0.9"

}  // namespace patchbay::ipam
