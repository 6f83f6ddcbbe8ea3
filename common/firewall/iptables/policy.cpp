// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/policy.hpp"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "common/firewall/iptables/compat/requests.hpp"
#include "common/firewall/iptables/legacy_table.hpp"
#include "common/wire/message.hpp"
#include "common/wire/socket.hpp"

namespace patchbay::firewall::iptables {

bool drops_by_default(const TableId& table, const std::string& chain) {
  if (table.variant == Variant::legacy) return open_legacy(table)->drops_by_default(chain);
  wire::Socket socket{wire::Socket::Family::netfilter};
  bool drops = false;
  socket.transact({get_chain(table, chain)}, [&](const wire::Reply& reply) {
    const auto parsed = wire::parse<nfgenmsg>(reply.payload);
    // The verdicts of netfilter are 0 for NF_DROP, 1 for NF_ACCEPT; a chain without a hook has no policy.
    drops = drops || (parsed && parsed->second.be32(NFTA_CHAIN_POLICY) == std::uint32_t{NF_DROP});
  });
  return drops;
}

}  // namespace patchbay::firewall::iptables
