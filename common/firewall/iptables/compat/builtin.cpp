// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/compat/builtin.hpp"

#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>

#include <algorithm>
#include <array>

namespace patchbay::firewall::iptables {
namespace {

// IPv6's priorities are the same (<linux/netfilter_ipv6.h>).
constexpr std::array kBuiltins{
    Builtin{"raw", "PREROUTING", "filter", NF_INET_PRE_ROUTING, NF_IP_PRI_RAW},
    Builtin{"raw", "OUTPUT", "filter", NF_INET_LOCAL_OUT, NF_IP_PRI_RAW},
    Builtin{"filter", "INPUT", "filter", NF_INET_LOCAL_IN, NF_IP_PRI_FILTER},
    Builtin{"filter", "FORWARD", "filter", NF_INET_FORWARD, NF_IP_PRI_FILTER},
    Builtin{"filter", "OUTPUT", "filter", NF_INET_LOCAL_OUT, NF_IP_PRI_FILTER},
    Builtin{"nat", "PREROUTING", "nat", NF_INET_PRE_ROUTING, NF_IP_PRI_NAT_DST},
    Builtin{"nat", "INPUT", "nat", NF_INET_LOCAL_IN, NF_IP_PRI_NAT_SRC},
    Builtin{"nat", "OUTPUT", "nat", NF_INET_LOCAL_OUT, NF_IP_PRI_NAT_DST},
    Builtin{"nat", "POSTROUTING", "nat", NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC},
};

}  // namespace

const Builtin* find_builtin(std::string_view table, std::string_view chain) {
  const auto* found = std::find_if(kBuiltins.begin(), kBuiltins.end(), [&](const Builtin& builtin) {
    return builtin.table == table && builtin.chain == chain;
  });
  return found == kBuiltins.end() ? nullptr : found;
}

}  // namespace patchbay::firewall::iptables
