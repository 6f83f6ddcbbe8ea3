// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "test/faults/sweep/case.hpp"
#include "test/support/world.hpp"

namespace patchbay::faults {

// Packets get to `who` as the case's network promises, in every family; tried for two seconds.
bool is_in_contact(test::World& world, const Case& of, const std::string& who,
                   const std::map<std::string, nlohmann::json>& results);

}  // namespace patchbay::faults
