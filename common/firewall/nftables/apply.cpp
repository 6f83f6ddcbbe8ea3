// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "common/firewall/nftables/commit.hpp"
#include "common/firewall/nftables/nftables.hpp"

namespace patchbay::firewall::nftables {
namespace {

using wire::Socket;

// Elements only, whatever the ruleset is: what an ADD costs once a first one has made the rest. The
// kernel says when a set is not there, or when an element is.
bool insert(Socket& socket, const Wanted& wanted) {
  Requests requests;
  add_creations(requests, wanted.elements, true);
  add_creations(requests, placeholders_of(wanted.elements), false);
  add_creations(requests, wanted.shared, false);
  return requests.empty() || commit(socket, 0, std::move(requests)) == Outcome::committed;
}

// With all that is there in view, and only if it still is.
void reconcile(Socket& socket, const Wanted& wanted, const std::string& tag, const IsDead& is_dead) {
  commit_current(socket, [&] {
    const Ruleset present = read_ruleset(socket);
    const Changes changes = difference(present.sets, settle(present.sets, wanted, tag, is_dead));
    Attempt attempt{.generation = present.generation,
                    .requests = {},
                    .leaving = std::ranges::any_of(changes.remove, &Element::leaving)};
    add_structure(attempt.requests, present, wanted.needs);
    add_deletions(attempt.requests, changes.remove);
    add_creations(attempt.requests, changes.add, true);
    return attempt;
  });
}

}  // namespace

void apply(const Owner& owner, const Intents& intents, const IsDead& is_dead) {
  const Wanted request = wanted(owner, intents);
  if (request.kinds.empty()) return;
  Socket socket{Socket::Family::netfilter};
  // `nft flush chain` leaves sets without rules that use them.
  if (insert(socket, request) && chains_are_filled(socket, layout(request.needs))) return;
  reconcile(socket, request, owner.tag(), is_dead);
}

}  // namespace patchbay::firewall::nftables
