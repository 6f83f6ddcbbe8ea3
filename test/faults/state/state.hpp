// SPDX-License-Identifier: Apache-2.0
// Everything that a DEL must restore, read in a millisecond: no program is run for it. Like
// World::snapshot(), which reads better and takes a hundred times as long.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "test/support/world.hpp"

namespace patchbay::faults {

// One object a line, beginning with what it is of: "red link 2 eth0…".
using State = std::multiset<std::string>;

// Of the host, and of these container namespaces.
State read_state(test::World& world, const std::vector<std::string>& namespaces);

// Without what a node keeps on purpose once anybody has been attached: empty tables and chains and, when
// `also_bridge`, the bridge and its addresses. For where that was not there before; `who` owns the rest.
State without_shared(State state, const std::string& who, bool also_bridge);

// "- line" and "+ line", at most 40 of them; "" when equal.
std::string difference(const State& before, const State& after);

// By what it is of, in the namespace that we are in.
void read_links(State& to, const std::string& prefix);
void read_nftables(State& to);
void read_legacy_tables(State& to);
void read_files(State& to);

}  // namespace patchbay::faults
