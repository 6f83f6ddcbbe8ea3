// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/verbs.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "common/base/error.hpp"
#include "tools/patchbay/chain.hpp"
#include "tools/patchbay/failure.hpp"
#include "tools/patchbay/node_verbs.hpp"
#include "tools/patchbay/output.hpp"
#include "tools/patchbay/settings.hpp"

namespace patchbay::cli {
namespace {

int run_add(const Arguments& arguments) {
  const Attachment attachment = attachment_from(arguments);
  const Chain chain = chain_from(arguments);
  print(add(chain, attachment).print(chain.network.version));
  return kDone;
}

int run_del(const Arguments& arguments) {
  const Attachment attachment = attachment_from(arguments);
  del(chain_from(arguments, &attachment), attachment);
  return kDone;
}

int run_check(const Arguments& arguments) {
  const Attachment attachment = attachment_from(arguments);
  check(chain_from(arguments), attachment);
  return kDone;
}

int run_status(const Arguments& arguments) {
  status(chain_from(arguments));
  return kDone;
}

constexpr std::array<const Option*, 5> kOfAttachments{&kIfname, &kContainerId, &kCacheDirectoryOption, &kTimeout,
                                                      &kJson};
constexpr std::array<const Option*, 6> kOfGc{&kAll, &kDryRun, &kYes, &kCacheDirectoryOption, &kTimeout, &kJsonReport};
constexpr std::array<const Option*, 2> kOfNode{&kCacheDirectoryOption, &kJsonReport};
constexpr std::array<const Option*, 2> kOfStatus{&kTimeout, &kJson};
constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();

constexpr std::string_view kAddStory =
    R"(Runs the plugins of <network> in order with ADD, and prints the last one's result.
The result is cached for "check", "del" and "gc".
When a plugin fails, all of them get DEL in reverse order, so that nothing is left
half made, and the first failure is reported. That DEL is not sent when <netns> had
an interface of this name before: it would take away what somebody else made.)";
constexpr std::string_view kDelStory =
    R"(Runs the plugins of <network> in reverse order with DEL. Every plugin gets its turn,
whatever the others say, and every failure is reported. The cached result goes when
all succeeded; until then, "del" can be repeated. A damaged cache, a <netns> that is
gone or an attachment that never was is no failure. Without a usable configuration,
the one that ADD was given is taken from the cache.)";
constexpr std::string_view kCheckStory =
    R"(Asks the plugins of <network> in order whether the attachment still is as ADD left it,
and reports the first complaint. Silent when all is well. Needs CNI 0.4.0 or newer;
with "disableCheck", nothing is asked.)";
constexpr std::string_view kGcStory =
    R"(Removes what is left of attachments to <network> that live no more. An attachment lives
while the cache knows it and its network namespace exists, or when that cannot be told.
All others get DEL; then every plugin gets GC with the list of the living (CNI 1.1.0),
and removes what is on no account of theirs. The cache must be the one that all users
of this network share. <netns> is accepted for cnitool's sake, and not looked at.
With --all no attachment lives: cnitool's "gc" does that.
With --dry-run, what would be removed is shown in the words of "audit".

"gc --yes" works without plugins, configuration and runtime: it removes what "audit"
calls stale, on the whole node or of one network, and nothing else. "gc --dry-run"
shows that beforehand; for one network, "gc <network> --yes --dry-run" does.)";
constexpr std::string_view kAuditStory =
    R"(Lists everything on this node that is there for attachments: links, addresses, rules
(iptables), elements (nftables), leases, records, index entries and cache entries;
whose each is, and whether that one lives:
  live     its network namespace exists
  stale    provably of nobody that lives: of another boot, its namespace or interface
           gone, torn, or of an owner that nothing else on this node knows
  unknown  nothing tells; in doubt it lives
  foreign  not made by these plugins
Then what live attachments lack, by their records: rules after a flush, say.
Needs no configuration; with one, it knows more places. Changes nothing.
Exit status: 3 when something is stale or missing, else 0; 1 when not all could be read.)";
constexpr std::string_view kRepairStory =
    R"(Makes the rules of live attachments again, exactly as ADD made them, from their records:
after "nft flush ruleset", "iptables -F" and the like. One transaction an attachment.
What is as it should be is left alone.)";
constexpr std::string_view kStatusStory =
    R"(Asks the plugins of <network> in order whether they are ready for ADD, and reports the
first complaint. Silent when all are. Needs CNI 1.1.0.)";

constexpr std::array<Verb, 7> kVerbs{{
    {"add", "<network> <netns>", 2, 2, "attach a container to a network", kAddStory, kOfAttachments, run_add},
    {"del", "<network> <netns>", 2, 2, "detach it again", kDelStory, kOfAttachments, run_del},
    {"check", "<network> <netns>", 2, 2, "ask whether an attachment still is as it was made", kCheckStory,
     kOfAttachments, run_check},
    {"gc", "<network> [<netns>...] | --yes [<network>]", 0, kAny,
     "remove what is left of attachments that live no more", kGcStory, kOfGc, run_gc},
    {"status", "<network> [<netns>...]", 1, kAny, "ask whether a network is ready for containers", kStatusStory,
     kOfStatus, run_status},
    {"audit", "[<network>]", 0, 1, "list all there is for attachments, and whose it is", kAuditStory, kOfNode,
     run_audit},
    {"repair", "[<network>]", 0, 1, "make rules again that somebody flushed", kRepairStory, kOfNode, run_repair},
}};

}  // namespace

std::span<const Verb> verbs() { return kVerbs; }

const Verb* find_verb(std::string_view name) {
  const auto found = std::find_if(kVerbs.begin(), kVerbs.end(), [&](const Verb& verb) { return verb.name == name; });
  return found == kVerbs.end() ? nullptr : &*found;
}

}  // namespace patchbay::cli
