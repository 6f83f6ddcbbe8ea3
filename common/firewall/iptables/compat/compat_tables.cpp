// SPDX-License-Identifier: Apache-2.0
// Looking at what there is.
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>

#include "common/base/error.hpp"
#include "common/firewall/iptables/compat/compat_table.hpp"
#include "common/firewall/iptables/compat/requests.hpp"
#include "common/firewall/nftables/requests.hpp"
#include "common/firewall/nftables/ruleset.hpp"

namespace patchbay::firewall::iptables {
namespace {

std::uint8_t number_of(net::Family family) { return family == net::Family::v4 ? NFPROTO_IPV4 : NFPROTO_IPV6; }

enum class What : std::uint32_t { match = 0, target = 1 };

// Loads what the kernel has as a module, as a rule would.
wire::Request look_for_extension(What what, std::string_view name) {
  const auto type = static_cast<std::uint16_t>(NFNL_SUBSYS_NFT_COMPAT << 8U | NFNL_MSG_COMPAT_GET);
  wire::Message to{type, 0, nfgenmsg{.nfgen_family = NFPROTO_IPV4, .version = NFNETLINK_V0, .res_id = 0}};
  to.put_text(NFTA_COMPAT_NAME, name).put_be32(NFTA_COMPAT_REV, 0);
  to.put_be32(NFTA_COMPAT_TYPE, static_cast<std::uint32_t>(what));
  return {"look for the extension " + std::string{name}, to.release(), {}};
}

}  // namespace

std::vector<TableId> existing_in_nf_tables(const std::vector<TableId>& ids) {
  std::vector<TableId> found;
  if (ids.empty()) return found;
  auto socket = nftables::open_if_there();
  if (!socket) return found;
  std::vector<wire::Request> requests;
  for (const TableId& id : ids) requests.push_back(get_table(id));
  try {
    socket->transact(std::move(requests), [&](const wire::Reply& reply) {
      const auto parsed = wire::parse<nfgenmsg>(reply.payload);
      if (reply.type != nftables::message_type(NFT_MSG_NEWTABLE) || !parsed) return;
      const std::string name = parsed->second.text(NFTA_TABLE_NAME);
      const auto asked = std::find_if(ids.begin(), ids.end(), [&](const TableId& id) {
        return id.name == name && number_of(id.family) == parsed->first.nfgen_family;
      });
      if (asked != ids.end()) found.push_back(*asked);
    });
  } catch (const Error& error) {
    if (!nftables::may_lack_subsystem(error) || nftables::find_elements(*socket, {}).generation != 0) throw;
  }
  return found;
}

std::unique_ptr<Table> open_in_nf_tables(const TableId& id) {
  return std::make_unique<CompatTable>(id, std::make_shared<wire::Socket>(wire::Socket::Family::netfilter));
}

std::optional<std::string> nf_tables_unavailable() {
  try {
    wire::Socket socket{wire::Socket::Family::netfilter};
    std::vector<wire::Request> requests;
    requests.push_back(nftables::get_generation());
    requests.push_back(look_for_extension(What::match, "comment"));
    requests.push_back(look_for_extension(What::target, "MASQUERADE"));
    socket.transact(std::move(requests));
  } catch (const Error& error) {
    return "nf_tables cannot hold iptables' rules: " + error.summary();
  }
  return std::nullopt;
}

}  // namespace patchbay::firewall::iptables
