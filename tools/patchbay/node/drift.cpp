// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/node/drift.hpp"

#include <algorithm>
#include <map>

namespace patchbay::cli {
namespace {

using firewall::Backend;

// What this record adds to the intents of its attachment: the plugins of one chain make different kinds.
void add_wanted(Drift& drift, const attach::Record& record) {
  const auto intents = attach::intents_of(record);
  if (!intents) {
    drift.known = false;
    return;
  }
  if (intents->empty()) return;
  const Backend backend = record.backend.value_or(Backend::nftables);
  auto wanted = std::ranges::find(drift.wanted, backend, &Wanted::backend);
  if (wanted == drift.wanted.end()) wanted = drift.wanted.insert(wanted, {.backend = backend, .intents = {}});
  if (intents->masquerade) wanted->intents.masquerade = intents->masquerade;
  if (intents->port_forwards) wanted->intents.port_forwards = intents->port_forwards;
  if (intents->mac_spoof) wanted->intents.mac_spoof = intents->mac_spoof;
  if (intents->forwarding) wanted->intents.forwarding = intents->forwarding;
  if (intents->isolation) wanted->intents.isolation = intents->isolation;
}

void say_missing_cable(Drift& drift, const Survey& survey, const attach::Record& record) {
  if (record.host_ifname.empty() || !record.cable.empty()) return;
  const bool there =
      std::ranges::any_of(survey.links, [&](const FoundLink& found) { return found.owner == record.owner.tag(); });
  if (!there) drift.missing_others.push_back("link " + record.host_ifname);
}

// Only where there is a store of this network: other IPAM plugins keep their leases elsewhere.
void say_missing_leases(Drift& drift, const Survey& survey, const attach::Record& record) {
  if (record.ipam_type != "host-local") return;
  const auto is_here = [&](const FoundLease& found) { return found.network == record.owner.network; };
  if (std::ranges::none_of(survey.leases, is_here)) return;
  for (const net::Cidr& address : record.addresses) {
    const bool there = std::ranges::any_of(survey.leases, [&](const FoundLease& found) {
      return is_here(found) && found.lease.ip == address.ip && found.owner == record.owner.tag();
    });
    if (!there) drift.missing_others.push_back("lease of " + address.ip.to_string());
  }
}

}  // namespace

std::vector<std::string> missing_rules(const Drift& drift) {
  std::vector<std::string> missing;
  for (const Wanted& wanted : drift.wanted) {
    for (std::string& word : firewall::missing(wanted.backend, drift.owner, wanted.intents)) {
      missing.push_back(std::move(word));
    }
  }
  return missing;
}

std::vector<Drift> find_drifts(const Survey& survey) {
  std::map<Owner, Drift> by_owner;
  for (const FoundRecord& found : survey.records) {
    if (!found.file.record || found.judgement.verdict != Verdict::live) continue;
    const attach::Record& record = *found.file.record;
    const os::FileTime written = found.file.written.value_or(os::FileTime{});
    Drift& drift = by_owner.try_emplace(record.owner, Drift{.owner = record.owner, .since = written}).first->second;
    drift.since = std::min(drift.since, written);
    drift.plugins.push_back(found.plugin);
    add_wanted(drift, record);
    say_missing_cable(drift, survey, record);
    say_missing_leases(drift, survey, record);
  }
  std::vector<Drift> drifts;
  for (auto& [owner, drift] : by_owner) drifts.push_back(std::move(drift));
  std::ranges::stable_sort(drifts, {}, &Drift::since);
  for (Drift& drift : drifts) drift.missing_rules = missing_rules(drift);
  return drifts;
}

}  // namespace patchbay::cli
