// SPDX-License-Identifier: Apache-2.0
// conditionsV4 and conditionsV6 of portmap: a list of words in iptables syntax ("!", "-s",
// "192.0.2.0/24") or nft syntax ("ip", "saddr", "!=", "192.0.2.0/24"). Both become the same values.
#pragma once

#include <string>
#include <vector>

#include "common/firewall/intent.hpp"

namespace patchbay::firewall {

enum class Syntax { iptables, nft };
// By the first word: '-' or '!' starts iptables syntax.
Syntax syntax_of(const std::vector<std::string>& words);

// Throws invalid_config at `pointer`, listing what is understood:
//   iptables: [!] -s|--source|-d|--destination CIDR, [!] -i|--in-interface|-o|--out-interface NAME[+],
//             -m mark [!] --mark VALUE[/MASK]   (conditions of the same rule, all must hold)
//   nft:      ip|ip6 saddr|daddr [!=] CIDR, iifname|oifname [!=] NAME[*], meta mark [!=] VALUE
std::vector<Condition> parse_conditions(const std::vector<std::string>& words, net::Family family,
                                        const std::string& pointer);

}  // namespace patchbay::firewall
