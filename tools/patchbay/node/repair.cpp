// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/node/repair.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/attach/host.hpp"
#include "common/attach/ingress_policy.hpp"
#include "common/attach/zone.hpp"
#include "common/base/error.hpp"

namespace patchbay::cli {
namespace {

using nlohmann::ordered_json;

// A DEL, or an ADD that was undone, may have ended meanwhile: what it has taken away must not come back.
void take_back_if_forgotten(const Drift& drift) {
  const bool is_kept = std::ranges::all_of(
      drift.plugins, [&](const std::string& plugin) { return attach::Records{plugin}.find(drift.owner).has_value(); });
  if (is_kept) return;
  using firewall::Kind;
  firewall::remove(drift.owner, {Kind::masquerade, Kind::host_port, Kind::mac_spoof, Kind::forward, Kind::isolation},
                   {});
  for (const Wanted& wanted : drift.wanted) {
    const auto& forwarding = wanted.intents.forwarding;
    if (forwarding) attach::leave_zone(forwarding->firewalld_zone, forwarding->addresses, drift.owner);
  }
  attach::lift_idle_ingress_policies();
  throw Error{Code::try_again, drift.owner.tag() + " was detached meanwhile"};
}

Repaired repair(const Drift& drift) {
  Repaired repaired{.owner = drift.owner, .made = drift.missing_rules, .failures = {}};
  for (const Wanted& wanted : drift.wanted) {
    attempt(repaired.failures, [&] {
      if (firewall::missing(wanted.backend, drift.owner, wanted.intents).empty()) return;
      firewall::apply(wanted.backend, drift.owner, wanted.intents, attach::is_dead_by_tag);
    });
  }
  attempt(repaired.failures, [&] { take_back_if_forgotten(drift); });
  return repaired;
}

std::size_t count_failed(const std::vector<Repaired>& repaired) {
  return static_cast<std::size_t>(
      std::ranges::count_if(repaired, [](const Repaired& it) { return !it.failures.empty(); }));
}

std::size_t count_unknown(const std::vector<Drift>& drifts) {
  return static_cast<std::size_t>(std::ranges::count(drifts, false, &Drift::known));
}

}  // namespace

std::vector<Repaired> repair(const std::vector<Drift>& drifts) {
  std::vector<Repaired> all;
  for (const Drift& drift : drifts) {
    if (!drift.missing_rules.empty()) all.push_back(repair(drift));
  }
  return all;
}

std::string repair_text(const std::vector<Repaired>& repaired, const std::vector<Drift>& drifts) {
  std::string text;
  for (const Repaired& it : repaired) {
    text += it.owner.tag() + (it.failures.empty() ? ": made again\n" : ": could not be made again\n");
    for (const std::string& what : it.made) text += "    " + what + "\n";
  }
  for (const Drift& drift : drifts) {
    if (!drift.known)
      text += drift.owner.tag() + ": its record does not tell which rules it had; DEL and ADD make them\n";
  }
  const std::size_t failed = count_failed(repaired);
  text += std::to_string(repaired.size() - failed) + " repaired, " +
          std::to_string(drifts.size() - repaired.size() - count_unknown(drifts)) + " lack nothing";
  if (failed > 0) text += ", " + std::to_string(failed) + " failed";
  return text;
}

std::string repair_json(const std::vector<Repaired>& repaired, const std::vector<Drift>& drifts) {
  ordered_json object{{"repaired", ordered_json::array()}, {"failed", ordered_json::array()}};
  for (const Repaired& it : repaired) {
    ordered_json one{{"owner", it.owner.tag()}, {"missing", it.made}};
    for (const Failure& failure : it.failures) {
      one["failures"].push_back({{"code", failure.code}, {"msg", failure.message}, {"details", failure.details}});
    }
    object[it.failures.empty() ? "repaired" : "failed"].push_back(std::move(one));
  }
  object["unknown"] = ordered_json::array();
  for (const Drift& drift : drifts) {
    if (!drift.known) object["unknown"].push_back(drift.owner.tag());
  }
  return object.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace patchbay::cli
