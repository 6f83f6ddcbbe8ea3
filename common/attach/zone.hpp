// SPDX-License-Identifier: Apache-2.0
// A container's addresses in a zone of firewalld, which knows addresses only, not whose they are: containers of
// separate networks may have the same one.
#pragma once

#include <string>
#include <vector>

#include "common/base/owner.hpp"
#include "common/net/ip.hpp"

namespace patchbay::attach {

// Takes out what no other attachment that lives has recorded. Fine when `zone` is empty, and when firewalld is gone.
void leave_zone(const std::string& zone, std::vector<net::Cidr> addresses, const Owner& leaving);

}  // namespace patchbay::attach
