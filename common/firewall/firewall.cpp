// SPDX-License-Identifier: Apache-2.0
// Which backend does what; see firewall.hpp.
#include "common/firewall/firewall.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "common/base/error_list.hpp"
#include "common/firewall/iptables/iptables.hpp"
#include "common/firewall/nftables/nftables.hpp"

namespace patchbay::firewall {
namespace {

using Words = std::vector<std::string>;

// What `backend` has to do with `intents`: MacSpoofCheck is for nftables, whatever the backend.
Intents share(const Intents& intents, Backend backend, Backend chosen) {
  Intents share;
  if (backend == chosen) {
    share.masquerade = intents.masquerade;
    share.port_forwards = intents.port_forwards;
  }
  if (backend == Backend::nftables) share.mac_spoof = intents.mac_spoof;
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
               [](Kind kind) { return kind == Kind::mac_spoof; });
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

std::optional<std::string> unavailable(Backend backend) {
  return backend == Backend::nftables ? nftables::unavailable() : iptables::unavailable();
}

void rehearse(Backend backend, const std::vector<Kind>& kinds) {
  with_context("the " + std::string{to_string(backend)} + " backend cannot work",
               [&] { return backend == Backend::nftables ? nftables::rehearse(kinds) : iptables::rehearse(); });
}

void apply(Backend backend, const Owner& owner, const Intents& intents, const IsDead& is_dead) {
  apply_by(Backend::nftables, owner, share(intents, Backend::nftables, backend), is_dead);
  if (backend == Backend::nftables) return;
  try {
    apply_by(backend, owner, share(intents, backend, backend), is_dead);
  } catch (const Error&) {  // two rulesets, so no transaction spans them
    if (intents.mac_spoof) nftables::remove(owner, {Kind::mac_spoof}, {});
    throw;
  }
}

std::vector<std::string> missing(Backend backend, const Owner& owner, const Intents& intents) {
  Intents either = intents;
  either.mac_spoof.reset();
  Words words = missing_by(backend, owner, either);
  const bool to_iptables = backend == Backend::nftables;
  if (!words.empty() && (!to_iptables || iptables::in_use())) {
    if (missing_by(to_iptables ? Backend::iptables : Backend::nftables, owner, either).empty()) words.clear();
  }
  Intents always;
  always.mac_spoof = intents.mac_spoof;
  for (std::string& word : missing_by(Backend::nftables, owner, always)) words.push_back(std::move(word));
  return words;
}

void remove(const Owner& owner, const std::vector<Kind>& kinds, const Hints& hints) {
  const bool known = hints.complete && hints.backend;
  const std::vector<Kind> of_nftables = known ? share(kinds, *hints.backend) : kinds;
  const auto by_nftables = [&] {
    if (!of_nftables.empty()) nftables::remove(owner, of_nftables, hints);
  };
  if (known && hints.backend == Backend::nftables) return by_nftables();
  on_both(by_nftables, [&] { iptables::remove(owner, kinds, hints); });
}

void collect(const std::string& network, const std::vector<Kind>& kinds, const Owners& valid) {
  on_both([&] { nftables::collect(network, kinds, valid); }, [&] { iptables::collect(network, kinds, valid); });
}

}  // namespace patchbay::firewall
