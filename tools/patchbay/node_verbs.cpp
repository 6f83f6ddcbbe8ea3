// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/node_verbs.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/contract/request.hpp"
#include "tools/patchbay/node/repair.hpp"
#include "tools/patchbay/node/report.hpp"
#include "tools/patchbay/node/sweep.hpp"
#include "tools/patchbay/output.hpp"
#include "tools/patchbay/preview.hpp"
#include "tools/patchbay/settings.hpp"

namespace patchbay::cli {
namespace {

std::string network_in(const Arguments& arguments) {
  if (arguments.operands().empty()) return {};
  contract::validate_network_name(arguments.operands().front());
  return arguments.operands().front();
}

Survey survey_for(const Arguments& arguments) {
  const ResultCache cache = cache_from(arguments);
  Survey found = survey(find_places(config_directory(), cache), cache, network_in(arguments));
  return found;
}

void stop_at(const Failures& failures) {
  if (!failures.empty()) throw Failed{failures};
}

// What goes, or would go, in the words of an audit.
void print_removal(const Lines& lines, const char* doing, bool as_json) {
  if (as_json) {
    const nlohmann::ordered_json object{{doing, to_json(lines)}};
    return print(object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  }
  const std::string text = std::string{doing} == "removed" ? "removed " : "would remove ";
  print(to_text(lines) + text + std::to_string(lines.size()));
}

constexpr const char* kRemoved = "removed";
constexpr const char* kWouldRemove = "wouldRemove";

int remove_dead(const Arguments& arguments) {
  Survey found = survey_for(arguments);
  stop_at(found.failures);
  const bool dry = arguments.has(kDryRun);
  if (!dry) {
    leave_out_revived(found);
    sweep(found, cache_from(arguments));
  }
  print_removal(only_stale(lines_of(found)), dry ? kWouldRemove : kRemoved, arguments.has(kJson));
  return kDone;
}

int preview_chain(const Arguments& arguments) {
  const Chain chain = chain_from(arguments);
  Survey found = survey_for(arguments);
  stop_at(found.failures);
  judge_as_gc(found, chain, arguments.has(kAll) ? Valid::none : Valid::living);
  print_removal(only_stale(lines_of(found)), kWouldRemove, arguments.has(kJson));
  return kDone;
}

}  // namespace

int run_audit(const Arguments& arguments) {
  const Survey found = survey_for(arguments);
  Failures failures = found.failures;
  std::vector<Drift> drifts;
  attempt(failures, [&] { drifts = find_drifts(found); });
  const Lines lines = lines_of(found);
  if (arguments.has(kJson)) {
    print(audit_json(lines, drifts, failures));
  } else {
    print(audit_text(lines, drifts));
    tell(to_text(failures));
  }
  if (!failures.empty()) return kFailed;
  return only_stale(lines).empty() && count_missing(drifts) == 0 ? kDone : kFindings;
}

int run_repair(const Arguments& arguments) {
  const Survey found = survey_for(arguments);
  stop_at(found.failures);
  const std::vector<Drift> drifts = find_drifts(found);
  const std::vector<Repaired> repaired = repair(drifts);
  if (arguments.has(kJson)) {
    print(repair_json(repaired, drifts));
  } else {
    print(repair_text(repaired, drifts));
    for (const Repaired& it : repaired) tell(to_text(it.failures));
  }
  return std::ranges::all_of(repaired, [](const Repaired& it) { return it.failures.empty(); }) ? kDone : kFailed;
}

int run_gc(const Arguments& arguments) {
  const bool dry = arguments.has(kDryRun), dead_only = arguments.has(kYes);
  if (arguments.operands().empty() && !dry && !dead_only) {
    throw UsageError{"\"gc\" needs <network>, or says about the whole node --dry-run or --yes"};
  }
  if (dead_only && arguments.has(kAll)) throw UsageError{"--all and --yes contradict each other"};
  if (dead_only || arguments.operands().empty()) return remove_dead(arguments);
  if (dry) return preview_chain(arguments);
  gc(chain_from(arguments), arguments.has(kAll) ? Valid::none : Valid::living);
  return kDone;
}

}  // namespace patchbay::cli
