// SPDX-License-Identifier: Apache-2.0
// A rule as iptables-nft 1.8 keeps it in nf_tables: what the header of a legacy entry says, and a few
// matches, as native expressions; all others as expressions "match" and "target", which hold the bytes of
// the legacy extension (nft_compat in the kernel); a counter before the target.
//
// Whose a rule is (Rule::attachment) stands in its userdata, under a type of our own, which nft and
// iptables pass over: -C, -D and -S see no difference.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/firewall/iptables/rule.hpp"
#include "common/wire/message.hpp"

namespace patchbay::firewall::iptables {

// Expressions, protocol and userdata of a NEWRULE message.
void put_rule(wire::Message& to, net::Family family, const Rule& rule);

struct PresentRule {
  std::uint64_t handle = 0;
  Rule rule;
};
// Of a NEWRULE message, whoever has written it.
PresentRule read_rule(net::Family family, const wire::Attributes& message);

}  // namespace patchbay::firewall::iptables
