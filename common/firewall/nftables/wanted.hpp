// SPDX-License-Identifier: Apache-2.0
// Intents as elements, and what has to stand around them.
#pragma once

#include <vector>

#include "common/firewall/nftables/layout.hpp"

namespace patchbay::firewall::nftables {

struct Wanted {
  std::vector<Element> elements;  // of the owner, in_order(); placeholders follow from them
  std::vector<Element> shared;    // with other owners, in_order()
  std::vector<Kind> kinds;        // of the intents
  Needs needs;
};

Wanted wanted(const Owner& owner, const Intents& intents);

// All that a policy of this bridge may have brought into being, whichever it was.
std::vector<Element> policy_elements(const std::string& bridge);

// The placeholders that `elements` (in_order()) need, also in_order().
std::vector<Element> placeholders_of(const std::vector<Element>& elements);

}  // namespace patchbay::firewall::nftables
