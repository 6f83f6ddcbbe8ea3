// SPDX-License-Identifier: Apache-2.0
// The iptables backend, in the layout of the reference suite, in the legacy tables or in nf_tables as
// iptables-nft would have it (variant.hpp); see firewall.hpp for what each verb promises. Reached only from
// firewall.cpp. MacSpoofCheck is not its business.
#pragma once

#include "common/firewall/firewall.hpp"

namespace patchbay::firewall::iptables {

// True when this namespace has a legacy nat table of one of these families.
bool is_legacy_in_use(std::span<const net::Family> families);
// True when this namespace has a nat table of either variant, so that there can be rules.
bool in_use();
bool is_legacy_loaded();  // ip_tables, into the kernel: asking it by getsockopt(2) would not do so
// Before anything is done that only libiptc can do: throws TwinNeeded where it cannot be loaded.
void prepare(std::span<const net::Family> families);
std::optional<std::string> unavailable();
// STATUS: throws not_available where new rules could not be made.
void rehearse();
void apply(const Owner& owner, const Intents& intents, const IsDead& is_dead);
std::vector<std::string> missing(const Owner& owner, const Intents& intents);
void remove(const Owner& owner, const std::vector<Kind>& kinds, const Hints& hints);
void collect(const std::string& network, const std::vector<Kind>& kinds, const Owners& valid);

}  // namespace patchbay::firewall::iptables
