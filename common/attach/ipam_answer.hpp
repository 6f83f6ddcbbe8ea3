// SPDX-License-Identifier: Apache-2.0
// What a foreign IPAM plugin has answered, beyond its syntax: whether a container can use it.
#pragma once

#include "common/contract/result.hpp"

namespace patchbay::attach {

// Throws delegate_failed, at the place in the answer: no address or more than 256, one that is there twice or
// that no interface can have, a gateway or route that the family does not fit.
void check_answer(const contract::Result& answer);

}  // namespace patchbay::attach
