// SPDX-License-Identifier: Apache-2.0
// The packet filter in the words of CNI plugins. Two backends, one set of verbs.
//
// nftables: tables of our own ("inet patchbay", "bridge patchbay"), a fixed handful of rules, one
// set or map element per address or port: constant cost however many containers there are.
// iptables: the reference suite's chains, rules and comments, in whichever variant of iptables this host
// has: the legacy tables, through libiptc, one get-modify-commit per table under /run/xtables.lock; or
// nf_tables in the format of iptables-nft, one batch for all tables.
// firewalld is none: it can accept addresses in their stead (Forwarding::firewalld_zone), nothing else.
// MacSpoofCheck lives in nftables with either backend, as in the reference suite.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/firewall/intent.hpp"

namespace patchbay::firewall {

// "nftables" or "iptables"; nullopt for anything else.
std::optional<Backend> parse_backend(std::string_view name);
std::string_view to_string(Backend backend);

// The configured backend or, without one, what this host runs on: iptables where its legacy nat
// table is in use in this namespace (/proc/net/ip_tables_names) and holds nothing says otherwise,
// or where nftables cannot work though legacy tables can; nftables everywhere else. Where only addresses of one family
// are concerned, the other's tables say nothing. No exec, no side effect. Throws TwinNeeded for iptables where this
// executable cannot do it.
inline constexpr net::Family kBothFamilies[] = {net::Family::v4, net::Family::v6};
Backend choose(std::optional<Backend> configured, std::span<const net::Family> families = kBothFamilies);

// Whatever the backend, what forwards looks at iptables, too: throws TwinNeeded where this executable cannot.
void prepare_forwarding();

// Why this backend cannot work here, or nullopt. Cheap, and changes nothing.
std::optional<std::string> unavailable(Backend backend);
// STATUS: throws not_available when rules of these kinds could not be made here; the kernel is asked to the
// last expression. Nor does this change anything, but where none have been made yet it takes some 10 ms.
void rehearse(Backend backend, const std::vector<Kind>& kinds);

// True when the attachment that owns what stands in our way is provably dead (its objects may then
// be replaced). Called with the owner's tag, only on a conflict. The iptables layout does not tell
// the ifname: there the tag's is "*", and the question is whether every interface of that container
// on that network is dead. Called while the tables are locked: it must be quick.
using IsDead = std::function<bool(const std::string& tag)>;

// Makes exactly these intents of `owner` true, in one transaction; what this owner had of the same
// kinds before is replaced. Throws host_port_taken naming the other owner; then nothing has changed.
void apply(Backend backend, const Owner& owner, const Intents& intents, const IsDead& is_dead);

// CHECK: what of these intents is not there, in words; empty when all is well. Looks at the given
// backend, then at the other one (a node may have been switched since).
std::vector<std::string> missing(Backend backend, const Owner& owner, const Intents& intents);

// What a caller knows about what is to be removed; anything unknown is found by walking our tags.
struct Hints {
  std::vector<net::Cidr> addresses;  // of the container
  std::vector<PortForward> ports;
  std::vector<std::string> isolated_ports;
  bool complete = false;           // nothing but this can exist: no walk needed
  std::optional<Backend> backend;  // who made it, when that is known of all of it
};

// Removes what `owner` has of `kind`, from both backends, whatever is configured today - unless the
// hints tell which one made it. Absent is
// fine. Only what carries the owner's tag is removed (compare-and-delete).
void remove(const Owner& owner, const std::vector<Kind>& kinds, const Hints& hints);

// An ingress policy is for a bridge and for all who are attached to it, so that no DEL may end it while
// others count on it, and only the plugin can tell whether there are any. Absent is fine.
void lift(const std::string& bridge);
// The bridges with a policy, in either backend.
std::vector<std::string> confined_bridges();

// GC: removes everything of `kinds` that belongs to `network` but to none of `valid`.
void collect(const std::string& network, const std::vector<Kind>& kinds, const Owners& valid);

}  // namespace patchbay::firewall
