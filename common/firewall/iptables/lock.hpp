// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "common/os/file.hpp"

namespace patchbay::firewall::iptables {

// The lock of iptables(8) 1.8, by the same path.
os::FileLock lock_tables(std::chrono::milliseconds patience);

}  // namespace patchbay::firewall::iptables
