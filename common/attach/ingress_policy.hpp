// SPDX-License-Identifier: Apache-2.0
// Ingress policies are of bridges: the first attachment brings one into force, the last takes it along. Who
// counts on it is known by the records of the plugin `firewall`, and by ports that nobody has a record of.
#pragma once

#include <string>

#include "common/base/owner.hpp"
#include "common/os/file.hpp"

namespace patchbay::attach {

inline constexpr const char* kFirewallPlugin = "firewall";

// Held from before a record that names a policy is written or removed until what it stands for is there or
// gone, so that nobody lifts what another has just found in force.
os::FileLock lock_ingress_policies();

// Lifts the policy of this bridge unless somebody besides `leaving` counts on it. Under the lock.
void leave_ingress_policy(const std::string& bridge, const Owner& leaving);

// GC: lifts those on which nobody counts. Takes the lock.
void lift_idle_ingress_policies();

}  // namespace patchbay::attach
