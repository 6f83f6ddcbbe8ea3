// SPDX-License-Identifier: Apache-2.0
// /etc/cni/tuning/allowlist.conf: which kernel settings networks may change. One regular expression a line,
// searched for in the key as the configuration writes it. Without the file, everything below net may be changed.
#pragma once

#include <vector>

#include "plugins/meta/tuning/config.hpp"

namespace patchbay::tuning {

// Throws invalid_config at the setting that is not allowed, io_failure when the file cannot be read and
// not_available when a line of it is no expression: in doubt nothing is allowed.
void require_allowed(const std::vector<Sysctl>& sysctls);

}  // namespace patchbay::tuning
