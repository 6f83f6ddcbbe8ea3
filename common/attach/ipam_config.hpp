// SPDX-License-Identifier: Apache-2.0
// What the `ipam` objects of our IPAM plugins have in common.
#pragma once

#include <cstddef>
#include <string>

#include "common/contract/request.hpp"

namespace patchbay::attach {

// The `ipam` object; throws invalid_config when there is none.
contract::Json required_ipam(const contract::Request& request);

// Results of before 0.3.0 have room for one address of each family: throws invalid_config at `pointer` for more.
void refuse_too_many(const contract::Request& request, std::ptrdiff_t v4, std::ptrdiff_t v6,
                     const std::string& pointer);

}  // namespace patchbay::attach
