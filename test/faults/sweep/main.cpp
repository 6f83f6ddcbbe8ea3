// SPDX-License-Identifier: Apache-2.0
// Sweeps faults over the plugins; see scripts/faults --help.
#include <signal.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "test/faults/sweep/options.hpp"
#include "test/faults/sweep/pool.hpp"
#include "test/faults/sweep/report.hpp"

namespace {

using namespace patchbay::faults;
using nlohmann::json;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// What the planning of a stage finds, from the child that does it: trials cannot be told by pipe, but the
// faults and their places can.
std::string plan_in_child(Stage stage, const Selection& selection) {
  plan(stage, selection);
  json trials = json::array();
  for (const Trial& trial : stage.trials) {
    trials.push_back({trial.fault->place.to_text(), trial.fault->mode_text(), trial.ending == Ending::gc});
  }
  return json{{"points", stage.points}, {"trouble", stage.trouble}, {"trials", trials}}.dump(
      -1, ' ', false, json::error_handler_t::replace);
}

void take_plan(Stage& stage, const std::string& text, const std::string& trouble) {
  if (!trouble.empty()) throw std::runtime_error{"planning: " + trouble};
  const json told = json::parse(text);
  stage.points = told.at("points");
  stage.trouble = told.at("trouble");
  for (const json& trial : told.at("trials")) {
    auto fault = parse_fault(trial.at(1).get<std::string>());
    fault->place = Place::parse(trial.at(0).get<std::string>()).value();
    stage.trials.push_back({.of = stage.of,
                            .verb = stage.verb,
                            .plugin = stage.plugin,
                            .fault = fault,
                            .ending = trial.at(2).get<bool>() ? Ending::gc : Ending::del});
  }
}

void sweep(Stage& stage, const Options& options, Report& report) {
  const auto start = std::chrono::steady_clock::now();
  Pool{.jobs = 1,
       .work = [&](std::size_t) { return plan_in_child(stage, options.selection); },
       .take = [&](std::size_t, const std::string& text,
                   const std::string& trouble) { take_plan(stage, text, trouble); }}
      .run(1);
  if (options.ending) std::erase_if(stage.trials, [&](const Trial& trial) { return trial.ending != *options.ending; });
  if (stage.trials.empty() && stage.trouble.empty()) return;
  report.begin(stage);
  Pool{.jobs = options.jobs,
       .work =
           [&](std::size_t i) {
             return to_json(stage.trials[i], perform(stage.trials[i]))
                 .dump(-1, ' ', false, json::error_handler_t::replace);
           },
       .take =
           [&](std::size_t i, const std::string& text, const std::string& trouble) {
             json result = trouble.empty() ? json::parse(text) : to_json(stage.trials[i], Verdict{});
             if (!trouble.empty()) result["complaints"].push_back({{"check", "harness"}, {"what", trouble}});
             report.add(result);
           }}
      .run(stage.trials.size());
  report.end_stage(seconds_since(start));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    signal(SIGPIPE, SIG_IGN);
    const Options options = parse_options(argc, argv);
    Report report;
    const auto start = std::chrono::steady_clock::now();
    for (Stage& stage : stages(options.selection)) sweep(stage, options, report);
    report.print_total(seconds_since(start));
    if (!options.out.empty()) std::ofstream{options.out} << report.to_json().dump(1) << "\n";
    return report.good() ? 0 : 1;
  } catch (const UsageError& error) {
    std::fprintf(stderr, "faults: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "faults: %s\n", error.what());
    return 3;
  }
}
