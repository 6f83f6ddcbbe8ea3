// SPDX-License-Identifier: Apache-2.0
// A rule as the kernel's table holds it: struct ipt_entry or ip6t_entry, matches, target
// (<linux/netfilter_ipv4/ip_tables.h>). Byte for byte what iptables-legacy 1.8 writes for the same words.
#pragma once

#include <string>
#include <string_view>

#include "common/firewall/iptables/extension.hpp"
#include "common/firewall/iptables/rule.hpp"

namespace patchbay::firewall::iptables {

// A target that is a chain stands as its name, which libiptc resolves.
Bytes encode(net::Family family, const Rule& rule);

// `entry` as libiptc returns it, with what libiptc calls its target: a verdict or a chain's name when
// `standard`, an extension's otherwise.
Rule decode(net::Family family, const std::string& chain, const void* entry, std::string_view target, bool standard);

}  // namespace patchbay::firewall::iptables
