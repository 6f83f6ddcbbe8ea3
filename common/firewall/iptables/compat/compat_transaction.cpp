// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/compat/compat_transaction.hpp"

#include <linux/netfilter/nfnetlink.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>

#include "common/base/error.hpp"
#include "common/firewall/iptables/compat/compat_table.hpp"
#include "common/firewall/iptables/lock.hpp"
#include "common/firewall/nftables/replies.hpp"
#include "common/firewall/nftables/requests.hpp"
#include "common/os/deadline.hpp"

namespace patchbay::firewall::iptables {
namespace {

constexpr std::chrono::seconds kPatience{10};

std::uint32_t generation_of(wire::Socket& socket) {
  std::uint32_t generation = 0;
  socket.transact(nftables::get_generation(), [&](const wire::Reply& reply) {
    if (const auto found = nftables::parse_generation(reply)) generation = *found;
  });
  return generation;
}

struct Step {
  const TableId* table;
  std::string doing;
};

struct Batch {
  std::vector<wire::Request> requests;
  std::vector<Step> steps;  // what each is about
};

Batch edited(const std::shared_ptr<wire::Socket>& socket, const std::vector<TableId>& ids, const Change& change) {
  Batch batch;
  for (const TableId& id : ids) {
    with_context("edit " + name_of(id), [&] {
      CompatTable table{id, socket};
      change(table);
      for (wire::Request& request : table.changes()) {
        batch.steps.push_back({&id, request.doing});
        batch.requests.push_back(std::move(request));
      }
    });
  }
  return batch;
}

Error refused(const std::vector<Step>& steps, const wire::Refusal& refusal) {
  const bool is_step = refusal.request < steps.size();
  Error error{Code::firewall_refused,
              is_step ? name_of(*steps[refusal.request].table) + " (nf_tables): " + steps[refusal.request].doing
                      : "change iptables' rules (nf_tables)"};
  error.reason(refusal.error_number, refusal.kernel_says);
  if (refusal.error_number == ENOENT || refusal.error_number == EOPNOTSUPP) {
    error.hint(
        "this kernel lacks something that iptables' rules in nf_tables need (nft_compat, nft_chain_nat, xt_comment, "
        "xt_addrtype, xt_multiport, xt_mark, xt_MASQUERADE, xt_nat); load it, or use the nftables backend");
  }
  if (refusal.error_number == EPERM) error.hint("CAP_NET_ADMIN is needed in this network namespace");
  return error;
}

bool is_stale(const wire::Refusal& refusal) {
  return refusal.error_number == ERESTART || refusal.error_number == EINTR || refusal.error_number == EAGAIN;
}

// False when the ruleset is no longer what the batch was made for.
bool commit(wire::Socket& socket, std::uint32_t generation, Batch batch) {
  const auto refusals = socket.batch(NFNL_SUBSYS_NFTABLES, generation, std::move(batch.requests));
  if (refusals.empty()) return true;
  if (std::any_of(refusals.begin(), refusals.end(), is_stale)) return false;
  throw refused(batch.steps, refusals.front());
}

// iptables-nft takes no lock and neither do we, as the kernel tells who came first. Those of us who came too
// late queue up, so that each has to try twice, not as often as there are others.
void queue_up(std::optional<os::FileLock>& turn) {
  if (turn) return;
  try {
    turn = lock_tables(os::kLockPatience);
  } catch (const Error&) {  // whoever has it may be busy with the legacy tables: then without
  }
}

}  // namespace

void change_in_nf_tables(const std::vector<TableId>& ids, const Change& change) {
  if (ids.empty()) return;
  std::optional<os::FileLock> turn;
  const auto socket = std::make_shared<wire::Socket>(wire::Socket::Family::netfilter);
  const auto deadline = os::Deadline::in(kPatience);
  do {
    const std::uint32_t generation = generation_of(*socket);
    Batch batch = edited(socket, ids, change);
    if (batch.requests.empty() || commit(*socket, generation, std::move(batch))) return;
    queue_up(turn);
  } while (!deadline.passed());
  throw Error{Code::try_again, "the nf_tables ruleset kept changing for 10 s while it was being worked on"}.hint(
      "something on this host rewrites its rules all the time; see nft monitor");
}

}  // namespace patchbay::firewall::iptables
