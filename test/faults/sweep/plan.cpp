// SPDX-License-Identifier: Apache-2.0
#include "test/faults/sweep/plan.hpp"

#include <algorithm>

#include "test/faults/scarce/starve.hpp"
#include "test/faults/sweep/scene.hpp"

namespace patchbay::faults {
namespace {

bool has(const std::vector<std::string>& chosen, std::string_view wanted) {
  return chosen.empty() || std::ranges::find(chosen, wanted) != chosen.end();
}

std::string type_of(const Case& of, std::size_t plugin) { return of.plugins[plugin].at("type"); }

bool is_usual(const std::string& verb, bool full) { return full || verb != "VERSION"; }

// Everything that can befall one call; `processes`: in the tree that it belongs to.
std::vector<Fault> faults_at(const Point& point, int processes) {
  const Sight& sight = point.sight;
  std::vector<Fault> all;
  const auto add = [&](Mode mode, std::size_t detail = 0) { all.push_back({mode, point.place, detail}); };
  for (const int error_number : sight.errors) add(Mode::error, static_cast<std::size_t>(error_number));
  if (sight.call->interruptible) add(Mode::interrupted);
  if (sight.can_be_short) add(Mode::shortened);
  add(Mode::kill_tree);
  if (processes > 1) add(Mode::kill_one);
  add(Mode::terminate);
  for (const std::size_t message : sight.refusable) add(Mode::refuse, message);
  if (sight.takes_space) add(Mode::disk_full);
  if (sight.netlink) add(Mode::netlink_dead);
  if (sight.call->makes_descriptor) add(Mode::descriptors);
  if (sight.call->takes_memory) add(Mode::memory);
  return all;
}

// GC in place of DEL, where something may have been left.
bool has_two_endings(const Stage& stage, const Fault& fault) {
  const bool killed = fault.mode == Mode::kill_tree || fault.mode == Mode::kill_one;
  return killed && (stage.verb == "ADD" || stage.verb == "DEL") && stage.of->contact != Contact::by_loopback;
}

void add_trials(Stage& stage, const Selection& selection, const Fault& fault) {
  if (!has(selection.modes, to_string(fault.mode)) && !has(selection.modes, fault.mode_text())) return;
  Trial trial{.of = stage.of, .verb = stage.verb, .plugin = stage.plugin, .fault = fault};
  stage.trials.push_back(trial);
  if (!has_two_endings(stage, fault)) return;
  trial.ending = Ending::gc;
  stage.trials.push_back(trial);
}

void plan_calls(Stage& stage, const Selection& selection) {
  const Verdict once = perform({.of = stage.of, .verb = stage.verb, .plugin = stage.plugin, .fault = std::nullopt});
  for (const Complaint& complaint : once.complaints) stage.trouble += complaint.check + ": " + complaint.what + "\n";
  for (const Point& point : once.observation.points) {
    if (!selection.point.empty() ? selection.point != point.place.to_text()
                                 : !selection.full && !point.sight.changes_state) {
      continue;
    }
    ++stage.points;
    for (const Fault& fault : faults_at(point, once.observation.processes)) add_trials(stage, selection, fault);
  }
}

// The n-th allocation fails, and the n-th and all that follow.
void plan_allocations(Stage& stage, const Selection& selection) {
  if (!stage.of->regular) return;
  const Fault none{.mode = Mode::allocation, .place = {0, "malloc", 0}};
  const Verdict once = perform({.of = stage.of, .verb = stage.verb, .plugin = stage.plugin, .fault = none});
  if (once.observation.points.empty()) return;
  const int last = once.observation.points.front().place.nth;
  for (int nth = 1; nth <= last; ++nth) {
    const Place place{0, "malloc", nth};
    const bool chosen = selection.point.empty() ? nth % selection.every == 0 : selection.point == place.to_text();
    if (!chosen) continue;
    ++stage.points;
    for (const Mode mode : {Mode::allocation, Mode::allocations}) add_trials(stage, selection, {mode, place});
  }
}

}  // namespace

std::vector<Stage> stages(const Selection& selection) {
  std::vector<Stage> all;
  for (const Case& of : cases()) {
    if (selection.cases.empty() ? !of.regular : !has(selection.cases, of.name)) continue;
    for (const char* verb : {"ADD", "DEL", "GC", "CHECK", "DRIFT", "STATUS", "VERSION"}) {
      if (selection.verbs.empty() ? !is_usual(verb, selection.full) : !has(selection.verbs, verb)) continue;
      for (std::size_t plugin = 0; plugin < of.plugins.size(); ++plugin) {
        if (!selection.plugin.empty() && selection.plugin != type_of(of, plugin)) continue;
        all.push_back({.of = &of, .verb = verb, .plugin = plugin, .trials = {}, .trouble = {}});
      }
    }
  }
  return all;
}

void plan(Stage& stage, const Selection& selection) {
  plan_calls(stage, selection);
  const bool wants = has(selection.modes, "allocation") || has(selection.modes, "allocations");
  if (wants && stage.trouble.empty()) plan_allocations(stage, selection);
}

std::string command_of(const Trial& trial) {
  return "--case " + trial.of->name + " --verb " + trial.verb + " --plugin " + type_of(*trial.of, trial.plugin) +
         " --point " + trial.fault->place.to_text() + " --mode " + trial.fault->mode_text() +
         (trial.ending == Ending::gc ? " --ending gc" : "");
}

}  // namespace patchbay::faults
