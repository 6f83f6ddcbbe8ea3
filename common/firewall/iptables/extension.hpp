// SPDX-License-Identifier: Apache-2.0
// Matches and targets as xtables extensions: a name, a revision and a struct of its own
// (<linux/netfilter/xt_*.h>). Both variants of iptables store the same bytes: legacy within an entry,
// nf_tables as an expression "match" or "target". They are what iptables 1.8 writes for the same words,
// as its -C and -D compare bytes.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "common/firewall/iptables/rule.hpp"

namespace patchbay::firewall::iptables {

using Bytes = std::vector<unsigned char>;

struct Extension {
  std::string_view name;
  std::uint8_t revision = 0;
  Bytes info;  // zero-padded to XT_ALIGN
};
// For what has one: not for verdicts, jumps and Foreign.
Extension extension_of(const Match& match, std::uint8_t protocol);
Extension extension_of(const Target& target, net::Family family);

struct ExtensionView {
  std::string_view name;
  std::uint8_t revision = 0;
  std::span<const unsigned char> info;  // at least as long as the struct, or it is not one
};
// nullopt where it says more, or something else, than we have words for.
std::optional<Match> match_of(const ExtensionView& extension);
std::optional<Target> target_of(const ExtensionView& extension, net::Family family);

}  // namespace patchbay::firewall::iptables
