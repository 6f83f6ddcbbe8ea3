// SPDX-License-Identifier: Apache-2.0
// Which backend does what; see firewall.hpp.
#include "common/firewall/firewall.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "common/base/error_list.hpp"
#include "common/firewall/firewalld/firewalld.hpp"
#include "common/firewall/iptables/iptables.hpp"
#include "common/firewall/nftables/nftables.hpp"

namespace patchbay::firewall {
namespace {

using Words = std::vector<std::string>;

// What `backend` has to do with `intents`: what is about frames is for nftables, whatever the backend.
Intents share(const Intents& intents, Backend backend, Backend chosen) {
  Intents share;
  if (backend == chosen) {
    share.masquerade = intents.masquerade;
    share.port_forwards = intents.port_forwards;
    if (intents.forwarding && !intents.forwarding->is_left_to_firewalld()) share.forwarding = intents.forwarding;
  }
  if (backend == Backend::nftables) {
    share.mac_spoof = intents.mac_spoof;
    share.isolation = intents.isolation;
  }
  return share;
}

void apply_by(Backend backend, const Owner& owner, const Intents& intents, const IsDead& is_dead) {
  if (intents.empty()) return;
  if (backend == Backend::nftables) return nftables::apply(owner, intents, is_dead);
  iptables::apply(owner, intents, is_dead);
}

Words missing_by(Backend backend, const Owner& owner, const Intents& intents) {
  if (intents.empty()) return {};
  if (const auto reason = unavailable(backend)) return {*reason};
  return backend == Backend::nftables ? nftables::missing(owner, intents) : iptables::missing(owner, intents);
}

bool nftables_works() {
  try {
    nftables::rehearse({Kind::masquerade});
    return true;
  } catch (const Error& error) {
    return error.error_number() == EPERM;  // that says nothing about the kernel
  }
}

// A kernel that has no nf_tables, or without NAT in the inet family, is only asked about where there
// is something else: then it has seen legacy iptables, which nobody else would have loaded.
Backend what_this_host_runs_on(std::span<const net::Family> families) {
  if (iptables::is_legacy_in_use(families)) return Backend::iptables;
  return !iptables::is_legacy_loaded() || nftables_works() ? Backend::nftables : Backend::iptables;
}

std::vector<Kind> kinds_of(const Intents& intents) {
  std::vector<Kind> kinds;
  if (intents.masquerade) kinds.push_back(Kind::masquerade);
  if (intents.port_forwards) kinds.push_back(Kind::host_port);
  if (intents.mac_spoof) kinds.push_back(Kind::mac_spoof);
  if (intents.forwarding) kinds.push_back(Kind::forward);
  if (intents.isolation) kinds.push_back(Kind::isolation);
  return kinds;
}

void add_new(Words& to, std::string word) {
  if (std::ranges::find(to, word) == to.end()) to.push_back(std::move(word));
}

void apply_to_packets(Backend backend, const Owner& owner, const Intents& intents, const IsDead& is_dead) {
  const Intents in_nftables = share(intents, Backend::nftables, backend);
  const auto dropped = intents.forwarding ? iptables::where_dropped(*intents.forwarding) : iptables::Tables{};
  apply_by(Backend::nftables, owner, in_nftables, is_dead);
  try {
    if (backend == Backend::iptables) apply_by(backend, owner, share(intents, backend, backend), is_dead);
    // What one table accepts another may still drop.
    if (!dropped.empty()) iptables::accept_in(dropped, owner, *intents.forwarding);
  } catch (const Error&) {  // two rulesets, so no transaction spans them
    if (!in_nftables.empty()) nftables::remove(owner, kinds_of(in_nftables), {});
    throw;
  }
}

// DEL and GC clean whatever this host has.
template <typename Nftables, typename Iptables>
void on_both(const Nftables& by_nftables, const Iptables& by_iptables) {
  if (iptables::is_legacy_in_use(kBothFamilies)) iptables::prepare(kBothFamilies);
  ErrorList errors;
  errors.attempt("nftables", by_nftables);
  errors.attempt("iptables", by_iptables);
  errors.throw_if_any();
}

// What nftables has made where it is known that everything else was made by `backend`.
std::vector<Kind> share(const std::vector<Kind>& kinds, Backend backend) {
  if (backend == Backend::nftables) return kinds;
  std::vector<Kind> share;
  std::copy_if(kinds.begin(), kinds.end(), std::back_inserter(share),
               [](Kind kind) { return kind == Kind::mac_spoof || kind == Kind::isolation; });
  return share;
}

}  // namespace

std::optional<Backend> parse_backend(std::string_view name) {
  if (name == "nftables") return Backend::nftables;
  if (name == "iptables") return Backend::iptables;
  return std::nullopt;
}

std::string_view to_string(Backend backend) { return backend == Backend::nftables ? "nftables" : "iptables"; }

Backend choose(std::optional<Backend> configured, std::span<const net::Family> families) {
  const Backend chosen = configured ? *configured : what_this_host_runs_on(families);
  if (chosen == Backend::iptables) iptables::prepare(families);
  return chosen;
}

void prepare_forwarding() { iptables::prepare_filters(); }

std::optional<std::string> unavailable(Backend backend) {
  return backend == Backend::nftables ? nftables::unavailable() : iptables::unavailable();
}

void rehearse(Backend backend, const std::vector<Kind>& kinds) {
  with_context("the " + std::string{to_string(backend)} + " backend cannot work",
               [&] { return backend == Backend::nftables ? nftables::rehearse(kinds) : iptables::rehearse(); });
}

void apply(Backend backend, const Owner& owner, const Intents& intents, const IsDead& is_dead) {
  std::string zone;
  std::vector<net::Cidr> added;
  if (intents.forwarding) zone = intents.forwarding->firewalld_zone;
  if (!zone.empty()) added = firewalld::add_sources(zone, intents.forwarding->addresses);
  try {
    apply_to_packets(backend, owner, intents, is_dead);
  } catch (const Error&) {
    ErrorList failures;
    failures.attempt("undo", [&] { firewalld::remove_sources(zone, added); });  // the cause is what is told
    throw;
  }
}

std::vector<std::string> missing(Backend backend, const Owner& owner, const Intents& intents) {
  const Intents always = share(intents, Backend::nftables, Backend::iptables);
  Intents either = intents;
  either.mac_spoof.reset();
  either.isolation.reset();
  if (either.forwarding && either.forwarding->is_left_to_firewalld()) either.forwarding.reset();
  Words words = missing_by(backend, owner, either);
  const bool to_iptables = backend == Backend::nftables;
  if (!words.empty() && (!to_iptables || iptables::in_use())) {
    if (missing_by(to_iptables ? Backend::iptables : Backend::nftables, owner, either).empty()) words.clear();
  }
  for (std::string& word : missing_by(Backend::nftables, owner, always)) words.push_back(std::move(word));
  if (!intents.forwarding) return words;
  if (const std::string& zone = intents.forwarding->firewalld_zone; !zone.empty()) {
    for (std::string& word : firewalld::missing(zone, intents.forwarding->addresses)) words.push_back(std::move(word));
  }
  for (std::string& word : iptables::missing_where_dropped(owner, *intents.forwarding)) add_new(words, std::move(word));
  return words;
}

void remove(const Owner& owner, const std::vector<Kind>& kinds, const Hints& hints) {
  const bool known = hints.complete && hints.backend;
  const std::vector<Kind> of_nftables = known ? share(kinds, *hints.backend) : kinds;
  const auto by_nftables = [&] {
    if (!of_nftables.empty()) nftables::remove(owner, of_nftables, hints);
  };
  // What nftables accepts may be accepted in iptables, too (see apply()).
  const bool only_nftables = known && hints.backend == Backend::nftables && !contains(kinds, Kind::forward);
  if (only_nftables) return by_nftables();
  on_both(by_nftables, [&] { iptables::remove(owner, kinds, hints); });
}

void lift(const std::string& bridge) {
  on_both([&] { nftables::lift(bridge); }, [&] { iptables::lift(bridge); });
}

std::vector<std::string> confined_bridges() {
  std::vector<std::string> bridges = nftables::confined_bridges();
  for (std::string& bridge : iptables::confined_bridges()) add_new(bridges, std::move(bridge));
  return bridges;
}

void collect(const std::string& network, const std::vector<Kind>& kinds, const Owners& valid) {
  on_both([&] { nftables::collect(network, kinds, valid); }, [&] { iptables::collect(network, kinds, valid); });
}

}  // namespace patchbay::firewall
