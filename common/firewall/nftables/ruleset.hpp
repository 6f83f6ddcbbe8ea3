// SPDX-License-Identifier: Apache-2.0
// What the kernel holds of our tables, read at one generation.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "common/firewall/nftables/layout.hpp"
#include "common/firewall/nftables/replies.hpp"
#include "common/wire/socket.hpp"

namespace patchbay::firewall::nftables {

// Every committed change of any table in this namespace, ours or not, moves the generation on. A
// batch that carries the one that it was computed from is refused when there was a change.
struct Ruleset {
  std::uint32_t generation = 0;
  Sets sets;
  std::vector<PresentRule> rules;
};

// nullopt where the kernel has no such protocol; then there is nothing to read. (Where it has no nf_tables,
// there is no generation.)
std::optional<wire::Socket> open_if_there();

// What nfnetlink says to a question about a subsystem that the kernel does not have - and, perhaps, to one that it does
// not like: find_elements() tells which.
bool may_lack_subsystem(const Error& error);

// Everything: a dump per set. For conflicts and for GC, never on the usual path.
Ruleset read_ruleset(wire::Socket& socket);

// The sets of these kinds, with those of their elements that `keep` (a set and a comment) says yes
// to; none where the table is not there.
Sets read_sets(wire::Socket& socket, const std::vector<Kind>& kinds, const Keep& keep);

// Those of `asked` that are there, as they are, and the generation from before they were read
// (without any asked: the generation).
struct Found {
  std::uint32_t generation = 0;  // 0: the kernel has no nf_tables
  std::vector<Element> elements;
};
Found find_elements(wire::Socket& socket, std::span<const Element> asked);

std::vector<PresentRule> read_rules(wire::Socket& socket);

// True when every chain of `layout` holds at least as many rules, and is jumped to by at least as
// many, as the layout says. Costs a get per chain, however many rules there are; notices what
// `nft flush` leaves behind, but not a single rule that somebody took away.
bool chains_are_filled(wire::Socket& socket, const Layout& layout);

}  // namespace patchbay::firewall::nftables
