// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/nftables/commit.hpp"

#include <linux/netfilter/nfnetlink.h>

#include <algorithm>
#include <limits>

#include "common/firewall/nftables/requests.hpp"
#include "common/os/deadline.hpp"

namespace patchbay::firewall::nftables {
namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr std::size_t kWholeBatch = std::numeric_limits<std::size_t>::max();  // wire::Refusal::request

template <typename Add>
void for_each_message(std::span<const Element> elements, const Add& add) {
  while (!elements.empty()) {
    const auto other = std::ranges::find_if(elements, [&](const Element& e) { return e.set != elements.front().set; });
    const auto of_set = static_cast<std::size_t>(other - elements.begin());
    const auto some = elements.first(std::min(of_set, kElementsPerMessage));
    add(some.front().set, some);
    elements = elements.subspan(some.size());
  }
}

bool is_present(const std::vector<PresentRule>& rules, const Rule& wanted) {
  return std::ranges::any_of(rules, [&](const PresentRule& rule) {
    return rule.table == wanted.table && rule.chain == wanted.chain && rule.id == wanted.id;
  });
}

void add_rules(Requests& to, const Ruleset& present, const Layout& layout, const Chain& chain) {
  const auto here = [&](const auto& rule) { return rule.table == chain.table && rule.chain == chain.name; };
  const bool rewrite = std::ranges::any_of(
      layout.rules, [&](const Rule& rule) { return here(rule) && rule.fixed && !is_present(present.rules, rule); });
  if (rewrite && std::ranges::any_of(present.rules, here)) to.push_back(flush_chain(chain.table, chain.name));
  for (const Rule& rule : layout.rules) {
    if (here(rule) && (rewrite || !is_present(present.rules, rule))) to.push_back(append_rule(rule));
  }
}

std::string hint_for(int error_number) {
  switch (error_number) {
    case EPERM:
      return "CAP_NET_ADMIN is needed in this network namespace";
    case ENOENT:
    case EOPNOTSUPP:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
      return "this takes nf_tables with NAT in the inet family (Linux 5.2 or later; nft_nat, nft_masq, nft_ct, "
             "nft_fib_inet); ipMasqBackend or backend \"iptables\" may work instead";
    default:
      return {};
  }
}

bool says_stale(const wire::Refusal& refusal) {
  return (refusal.request == kWholeBatch && refusal.error_number == ERESTART) || refusal.error_number == EINTR ||
         refusal.error_number == EAGAIN;
}

bool says_conflict(const wire::Refusal& refusal) {
  return refusal.error_number == EEXIST || refusal.error_number == EBUSY || refusal.error_number == ENOENT;
}

}  // namespace

Error refused(Code code, const std::vector<std::string>& doing, const wire::Refusal& refusal) {
  const bool no_subsystem = refusal.request == kWholeBatch && refusal.error_number == EOPNOTSUPP;
  const std::string whole = no_subsystem ? "this kernel has no nf_tables" : "change the nftables ruleset";
  Error error{code, refusal.request < doing.size() ? doing[refusal.request] : whole};
  error.reason(refusal.error_number, refusal.kernel_says);
  if (std::string hint = hint_for(refusal.error_number); !hint.empty()) error.hint(std::move(hint));
  return error;
}

void add_expirations(Requests& to, std::span<const Element> elements) {
  for_each_message(elements, [&](const SetName& set, auto some) { to.push_back(expire_elements(set, some)); });
}

void add_deletions(Requests& to, std::span<const Element> elements) {
  for_each_message(elements, [&](const SetName& set, auto some) { to.push_back(delete_elements(set, some)); });
}

void add_creations(Requests& to, std::span<const Element> elements, bool exclusive) {
  for_each_message(elements,
                   [&](const SetName& set, auto some) { to.push_back(create_elements(set, some, exclusive)); });
}

void add_structure(Requests& to, const Ruleset& present, Needs needs) {
  add(needs, needs_of(present.sets));
  const Layout wanted = layout(needs);
  Requests more;
  std::uint32_t id = 0;
  for (const SetName& set : wanted.sets) {
    if (!present.sets.contains(set)) more.push_back(create_set(set, ++id));
  }
  for (const Chain& chain : wanted.chains) add_rules(more, present, wanted, chain);
  if (more.empty()) return;
  // Creating what exists is not an error for tables and chains.
  for (const Table table : {Table::inet, Table::bridge}) {
    if (wanted.uses(table)) to.push_back(create_table(table));
  }
  for (const Chain& chain : wanted.chains) to.push_back(create_chain(chain));
  std::ranges::move(more, std::back_inserter(to));
}

Outcome commit(wire::Socket& socket, std::uint32_t generation, Requests requests, bool leaving) {
  std::vector<std::string> doing;
  doing.reserve(requests.size());
  for (const wire::Request& request : requests) doing.push_back(request.doing);
  const auto refusals = socket.batch(NFNL_SUBSYS_NFTABLES, generation, std::move(requests));
  if (refusals.empty()) return Outcome::committed;
  if (std::ranges::any_of(refusals, says_stale)) return Outcome::stale;
  const auto serious = std::ranges::find_if_not(refusals, says_conflict);
  if (serious != refusals.end()) throw refused(Code::firewall_refused, doing, *serious);
  if (generation == 0) return Outcome::conflict;
  if (leaving) return Outcome::stale;
  throw refused(Code::firewall_refused, doing, refusals.front());
}

void commit_current(wire::Socket& socket, const std::function<Attempt()>& compute) {
  const auto deadline = os::Deadline::in(kPatience);
  do {
    Attempt attempt = compute();
    if (attempt.requests.empty()) return;
    const auto outcome = commit(socket, attempt.generation, std::move(attempt.requests), attempt.leaving);
    if (outcome == Outcome::committed) return;
  } while (!deadline.passed());
  throw Error{Code::try_again, "the nftables ruleset kept changing for 10 s while it was being worked on"}.hint(
      "something on this host rewrites its rules all the time; see nft monitor");
}

}  // namespace patchbay::firewall::nftables
