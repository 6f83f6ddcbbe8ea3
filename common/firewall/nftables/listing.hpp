// SPDX-License-Identifier: Apache-2.0
// Elements, for audits; see firewall/listing.hpp.
#pragma once

#include "common/firewall/listing.hpp"

namespace patchbay::firewall::nftables {

std::vector<Object> list();
void remove(const std::vector<Object>& objects);  // passes over those of the other backend

}  // namespace patchbay::firewall::nftables
