// SPDX-License-Identifier: Apache-2.0
// Containers as ports of a Linux bridge on the host.
#pragma once

#include "common/contract/request.hpp"
#include "common/contract/result.hpp"

namespace patchbay::bridge {

contract::Result add(const contract::Request& request);
void del(const contract::Request& request);
void check(const contract::Request& request);
void gc(const contract::Request& request);
void status(const contract::Request& request);

}  // namespace patchbay::bridge
