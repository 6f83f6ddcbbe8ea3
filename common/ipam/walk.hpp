// SPDX-License-Identifier: Apache-2.0
// The order in which the addresses of a set are tried: that of the reference's host-local, so that a
// node which changes suites keeps its round robin.
#pragma once

#include <cstddef>
#include <optional>

#include "common/ipam/range.hpp"

namespace patchbay::ipam {

struct Candidate {
  net::Ip ip;
  const Range* range;  // of the set that is walked
};

// Begins after `last` if that lies in the set, else at the first range's start; goes round through
// all ranges, ends included, without their gateways.
class Walk {
 public:
  Walk(const RangeSet& set, const std::optional<net::Ip>& last);
  std::optional<Candidate> next();  // nullopt: back where it began

 private:
  void advance();
  const RangeSet& set_;
  std::size_t range_ = 0;
  std::optional<net::Ip> current_, first_;
};

}  // namespace patchbay::ipam
