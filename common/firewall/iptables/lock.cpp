// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/lock.hpp"

#include <cstdlib>

namespace patchbay::firewall::iptables {

os::FileLock lock_tables(std::chrono::milliseconds patience) {
  const char* path = std::getenv("XTABLES_LOCKFILE");
  return os::FileLock::acquire(path == nullptr || *path == '\0' ? "/run/xtables.lock" : path, 0600, patience);
}

}  // namespace patchbay::firewall::iptables
