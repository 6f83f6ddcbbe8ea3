// SPDX-License-Identifier: Apache-2.0
// The nftables backend; see firewall.hpp for what each verb promises. Reached only from firewall.cpp.
#pragma once

#include "common/firewall/firewall.hpp"

namespace patchbay::firewall::nftables {

std::optional<std::string> unavailable();
void rehearse(const std::vector<Kind>& kinds);
void apply(const Owner& owner, const Intents& intents, const IsDead& is_dead);
std::vector<std::string> missing(const Owner& owner, const Intents& intents);
void remove(const Owner& owner, const std::vector<Kind>& kinds, const Hints& hints);
// Everything of these kinds that carries this tag, found by walking.
void remove_tagged(const std::string& tag, const std::vector<Kind>& kinds);
// What a policy of this bridge shares between attachments.
void lift(const std::string& bridge);
// The bridges for which there is such.
std::vector<std::string> confined_bridges();
void collect(const std::string& network, const std::vector<Kind>& kinds, const Owners& valid);

}  // namespace patchbay::firewall::nftables
