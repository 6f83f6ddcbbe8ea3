// SPDX-License-Identifier: Apache-2.0
// firewalld, which accepts containers by the zone that their addresses are sources of, until it is reloaded. Asked
// over the system bus, with 5 s for every conversation.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/net/ip.hpp"

namespace patchbay::firewall::firewalld {

// Whether firewalld keeps the packet filter of this network namespace: the bus, which need not be of the same
// namespace, is asked only where there is something of its making. Throws TwinNeeded where that is in legacy
// tables and this executable cannot read them.
bool runs_here();
// Why it cannot be asked for anything, or nullopt.
std::optional<std::string> unavailable();
// STATUS: throws not_available unless it runs and has this zone.
void require(const std::string& zone);

// Makes these addresses sources of the zone and tells which were none before. When one is refused, those are taken
// out again; when firewalld falls silent, it is not known what it has done. Throws not_available when nobody is there,
// invalid_config when there is no such zone, firewall_refused when an address is in another one.
std::vector<net::Cidr> add_sources(const std::string& zone, const std::vector<net::Cidr>& addresses);
// What is in the zone and what is lacking, in words.
std::vector<std::string> missing(const std::string& zone, const std::vector<net::Cidr>& addresses);
// Fine when they are in no zone or in another one, when there is no such zone, or no firewalld.
void remove_sources(const std::string& zone, const std::vector<net::Cidr>& addresses);

}  // namespace patchbay::firewall::firewalld
