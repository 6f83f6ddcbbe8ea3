// SPDX-License-Identifier: Apache-2.0
// What the node must offer: for STATUS (can it work?) and CHECK (is it still so?).
#pragma once

#include <optional>
#include <vector>

#include "common/base/owner.hpp"
#include "common/firewall/intent.hpp"
#include "common/net/ip.hpp"

namespace patchbay::attach {

// STATUS: throws not_available when forwarding is off and cannot be switched on.
void require_forwarding_possible();
// STATUS: throws not_available when the packet filter that would be used cannot have rules of these kinds.
void require_firewall(std::optional<firewall::Backend> configured, const std::vector<firewall::Kind>& kinds);

// CHECK: throws drift when forwarding is off for this family.
void require_forwarding(net::Family family);
// CHECK: throws drift naming what is missing of these rules.
void require_rules(const Owner& owner, std::optional<firewall::Backend> configured, const firewall::Intents& intents);

}  // namespace patchbay::attach
