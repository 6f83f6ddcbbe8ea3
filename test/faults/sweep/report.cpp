// SPDX-License-Identifier: Apache-2.0
#include "test/faults/sweep/report.hpp"

#include <cstdio>

namespace patchbay::faults {
namespace {

using nlohmann::json;

std::string joined(const json& counts) {
  std::string text;
  for (const auto& [check, count] : counts.items()) text += " " + check + "=" + std::to_string(count.get<int>());
  return text;
}

}  // namespace

json to_json(const Trial& trial, const Verdict& verdict) {
  json complaints = json::array();
  for (const Complaint& complaint : verdict.complaints) {
    complaints.push_back({{"check", complaint.check}, {"what", complaint.what}});
  }
  return {{"command", command_of(trial)},
          {"detail", verdict.observation.detail},
          {"hit", verdict.observation.hit},
          {"exit", verdict.observation.ran.exit_code},
          {"complaints", complaints}};
}

void Report::begin(const Stage& stage) {
  if (rows_.empty())
    std::printf("%-22s %-8s %-11s %7s %6s %5s %7s %7s  %s\n", "case", "verb", "plugin", "points", "runs", "bad",
                "missed", "seconds", "checks that failed");
  rows_.push_back({{"case", stage.of->name},
                   {"verb", stage.verb},
                   {"plugin", stage.of->plugins[stage.plugin].at("type")},
                   {"points", stage.points},
                   {"runs", 0},
                   {"bad", 0},
                   {"missed", 0},
                   {"checks", json::object()},
                   {"findings", json::array()}});
  points_ += stage.points;
  if (!stage.trouble.empty())
    add({{"command", "(no fault)"},
         {"hit", true},
         {"detail", ""},
         {"complaints", {{{"check", "baseline"}, {"what", stage.trouble}}}}});
}

void Report::add(const json& result) {
  json& row = rows_.back();
  row["runs"] = row["runs"].get<int>() + 1;
  ++runs_;
  if (!result.at("hit").get<bool>()) {
    row["missed"] = row["missed"].get<int>() + 1;
    ++missed_;
  }
  if (result.at("complaints").empty()) return;
  row["bad"] = row["bad"].get<int>() + 1;
  ++bad_;
  row["findings"].push_back(result);
  for (const json& complaint : result.at("complaints")) {
    json& count = row["checks"][complaint.at("check").get<std::string>()];
    count = count.is_null() ? 1 : count.get<int>() + 1;
  }
}

void Report::end_stage(double seconds) {
  json& row = rows_.back();
  row["seconds"] = seconds;
  std::printf("%-22s %-8s %-11s %7d %6d %5d %7d %7.1f %s\n", row["case"].get<std::string>().c_str(),
              row["verb"].get<std::string>().c_str(), row["plugin"].get<std::string>().c_str(),
              row["points"].get<int>(), row["runs"].get<int>(), row["bad"].get<int>(), row["missed"].get<int>(),
              seconds, joined(row["checks"]).c_str());
  for (const json& finding : row["findings"]) {
    std::printf("  scripts/faults %s  # %s\n", finding.at("command").get<std::string>().c_str(),
                finding.at("detail").get<std::string>().c_str());
    for (const json& complaint : finding.at("complaints")) {
      std::printf("    %s: %.1500s\n", complaint.at("check").get<std::string>().c_str(),
                  complaint.at("what").get<std::string>().c_str());
    }
  }
  std::fflush(stdout);
}

void Report::print_total(double seconds) const {
  std::printf("%zu points, %zu runs, %zu bad, %zu missed, %.1f s\n", points_, runs_, bad_, missed_, seconds);
}

}  // namespace patchbay::faults
