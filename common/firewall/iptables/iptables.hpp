// SPDX-License-Identifier: Apache-2.0
// The iptables backend, in the layout of the reference suite, in the legacy tables or in nf_tables as
// iptables-nft would have it (variant.hpp); see firewall.hpp for what each verb promises. Reached only from
// firewall.cpp. MacSpoofCheck is not its business.
#pragma once

#include "common/firewall/firewall.hpp"
#include "common/firewall/iptables/table.hpp"

namespace patchbay::firewall::iptables {

// True when this namespace has a legacy nat table of one of these families.
bool is_legacy_in_use(std::span<const net::Family> families);
// True when this namespace has a table nat or filter of either variant, so that there can be rules.
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

// Where packets of these addresses end unless they are accepted there: tables filter, of either variant, whose
// chain FORWARD has the policy DROP. No other table's accept can help that.
using Tables = std::vector<TableId>;
// Before any of these is asked or told something that only libiptc can do: throws TwinNeeded where it cannot be
// loaded and there are legacy ones.
void prepare_filters();
bool has_filter_chain(Variant variant, const std::string& chain);  // in a table filter, of either family
Tables where_dropped(const Forwarding& forwarding);
void accept_in(const Tables& filters, const Owner& owner, const Forwarding& forwarding);
std::vector<std::string> missing_where_dropped(const Owner& owner, const Forwarding& forwarding);

void lift(const std::string& bridge);
std::vector<std::string> confined_bridges();
// Not of Kind::forward: its rules tell whose they are, but not of which network.
void collect(const std::string& network, const std::vector<Kind>& kinds, const Owners& valid);

}  // namespace patchbay::firewall::iptables
