// SPDX-License-Identifier: Apache-2.0
// Sending changes: one batch, all or nothing, and again when the ruleset has moved meanwhile.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/firewall/nftables/ruleset.hpp"
#include "common/firewall/nftables/settle.hpp"
#include "common/wire/socket.hpp"

namespace patchbay::firewall::nftables {

using Requests = std::vector<wire::Request>;

// One message per set, or several when it gets long. Elements that are deleted make whoever closes a
// netfilter socket next wait until no CPU remembers them (nft_rcv_nl_event, 4 to 20 ms), with the lock
// held that every change in this namespace needs; elements that expire do not.
void add_expirations(Requests& to, std::span<const Element> elements);
void add_deletions(Requests& to, std::span<const Element> elements);
void add_creations(Requests& to, std::span<const Element> elements, bool exclusive);
// What `needs` asks for and `present` lacks. A chain that lacks one of its fixed rules is written anew.
void add_structure(Requests& to, const Ruleset& present, Needs needs);

enum class Outcome : std::uint8_t {
  committed,
  // Nothing was changed, because…
  stale,     // the ruleset is no longer of the generation that the batch was computed from
  conflict,  // something is there already, or is not there (without a generation only)
};
// `generation` 0: whatever the ruleset is. With one, a conflict can only come from elements that
// have expired since they were read: stale when `leaving` says that there are such. Any other refusal
// throws firewall_refused.
Outcome commit(wire::Socket& socket, std::uint32_t generation, Requests requests, bool leaving = false);

// What the kernel has said to one of the messages that did this.
Error refused(Code code, const std::vector<std::string>& doing, const wire::Refusal& refusal);

// Computes and commits until nothing came in between. Somebody else's progress is what makes an
// attempt stale, so this ends; after 10 s it throws try_again.
struct Attempt {
  std::uint32_t generation = 0;
  Requests requests;     // none: nothing to do
  bool leaving = false;  // some of what is deleted was about to expire
};
void commit_current(wire::Socket& socket, const std::function<Attempt()>& compute);

}  // namespace patchbay::firewall::nftables
