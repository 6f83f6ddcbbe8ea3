// SPDX-License-Identifier: Apache-2.0
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>
#include <cerrno>

#include "common/firewall/nftables/commit.hpp"
#include "common/firewall/nftables/nftables.hpp"
#include "common/firewall/nftables/requests.hpp"
#include "common/firewall/nftables/ruleset.hpp"

namespace patchbay::firewall::nftables {
namespace {

Needs needs_of(const std::vector<Kind>& kinds) {
  const auto has = [&](Kind kind) { return contains(kinds, kind); };
  return {.masquerade = has(Kind::masquerade),
          .host_ports = has(Kind::host_port),
          .mac_spoof = has(Kind::mac_spoof),
          .forwarding = has(Kind::forward),
          .confinement = has(Kind::forward),
          .isolation = has(Kind::isolation),
          .subnets = {},
          .spaces = {}};
}

// What somebody else is making just then is no obstacle.
bool says_busy(const wire::Refusal& refusal) {
  const int number = refusal.error_number;
  return number == EEXIST || number == EBUSY || number == EAGAIN || number == EINTR;
}

// A kernel without nf_tables does not understand the question.
bool are_filled(wire::Socket& socket, const Layout& layout) {
  try {
    return chains_are_filled(socket, layout);
  } catch (const Error& error) {
    if (may_lack_subsystem(error)) return false;
    throw;
  }
}

// All that an ADD could have to make, and at its end what the kernel has to refuse: so nothing comes of
// the batch, but every message of it has been looked at.
void make_in_vain(wire::Socket& socket, const Needs& needs) {
  Requests requests;
  add_structure(requests, {}, needs);
  std::vector<std::string> doing;
  for (const wire::Request& request : requests) doing.push_back(request.doing);
  requests.push_back(delete_chain(Table::inet, "there is no such chain"));
  const auto refusals = socket.batch(NFNL_SUBSYS_NFTABLES, 0, std::move(requests));
  const auto first = std::ranges::find_if_not(refusals, says_busy);
  if (first != refusals.end() && first->request != doing.size()) throw refused(Code::not_available, doing, *first);
}

}  // namespace

void rehearse(const std::vector<Kind>& kinds) {
  const Needs needs = needs_of(kinds);
  wire::Socket socket{wire::Socket::Family::netfilter};
  if (!are_filled(socket, layout(needs))) make_in_vain(socket, needs);
}

}  // namespace patchbay::firewall::nftables
