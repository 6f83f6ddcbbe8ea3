// SPDX-License-Identifier: Apache-2.0
// Handing out addresses: one from each range set, round robin, as the reference's host-local does.
#pragma once

#include <vector>

#include "common/ipam/range.hpp"
#include "common/ipam/store.hpp"

namespace patchbay::ipam {

struct Allocation {
  net::Cidr address;  // with the subnet's prefix
  net::Ip gateway;
};

// One per set, all or none: nothing is reserved before every set has an answer. `requested`
// addresses are taken for the sets they lie in. Throws address_unavailable or pool_exhausted
// (after one attempt to reclaim dead leases).
std::vector<Allocation> allocate(Store& store, const Tenant& tenant, const std::vector<RangeSet>& sets,
                                 const std::vector<net::Ip>& requested);

// How many addresses are still free in the set, counting no further than `enough`; for STATUS.
std::size_t count_free(const Store& store, const RangeSet& set, std::size_t enough);

}  // namespace patchbay::ipam
