// SPDX-License-Identifier: Apache-2.0
#include "test/stress/worker.hpp"

#include <signal.h>

#include <algorithm>
#include <ranges>
#include <thread>

namespace patchbay::stress {

namespace {

constexpr double kDisturbed = 0.3;  // of the ADDs, and of the first two tries of DEL
constexpr double kChecked = 0.15, kAsked = 0.15, kCollected = 0.3, kForgotten = 0.3, kByAnotherClock = 0.15;
constexpr double kRepeated = 0.2;   // of the DELs that are disturbed
constexpr int kTriesDisturbed = 2;  // of DEL
constexpr int kPlainRetries = 3;    // within which an error must heal
constexpr int kFirstPort = 20000;
constexpr std::chrono::milliseconds kLongestStay{20};

bool was_killed(const test::Ran& ran) { return ran.exit_code == 128 + SIGKILL || ran.exit_code == 128 + SIGTERM; }

bool backwards(const std::string& verb) { return verb == "DEL"; }

}  // namespace

Worker::Worker(Stage& stage, int index)
    : stage_(stage),
      index_(index),
      place_(*stage.places[static_cast<std::size_t>(index)]),
      random_(stage.options.seed * 1000003ULL + static_cast<unsigned>(index)),
      blows_(place_, stage.options.remove_namespaces, random_, stage.tally) {}

void Worker::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const Error error = live();
    Error again = error;
    for (int i = 0; again && i < kPlainRetries; ++i) {
      undisturbed_ = true;
      again = live();
    }
    undisturbed_ = false;
    if (error) stage_.tally.error(*error, !again);
  }
}

bool Worker::live_undisturbed() {
  undisturbed_ = true;
  const Error error = live();
  undisturbed_ = false;
  return !error && life_.attached && life_.gone;
}

Worker::Error Worker::live() {
  begin();
  Error error = attach();
  if (life_.attached && !blows_.hidden()) stay();
  if (life_.attached && it_.network->swept && !undisturbed_ && chance(kCollected)) collect();
  detach();
  place_.show();
  if (life_.attached && life_.gone && stage_.nemeses != nullptr) stage_.tally.count("pairs");
  stage_.history.add(life_);
  return error;
}

void Worker::begin() {
  blows_.new_container();
  const auto generation = ++stage_.generations[static_cast<std::size_t>(index_)];
  const auto port = std::uniform_int_distribution<int>{1, stage_.ports()}(random_);
  it_ = {.id = Stage::id(index_, generation),
         .network = &stage_.network_of(index_),
         .netns = place_.path(),
         .protocol = place_.protocol(),
         .host_port = kFirstPort + port};
  life_ = {.name = it_.id, .network = it_.network->name, .port = it_.port(), .born = now()};
}

Worker::Error Worker::attach() {
  const auto [outcome, failure, reason] = chain("ADD", chance(kDisturbed));
  if (outcome == Outcome::failed) return failure.kind();
  if (outcome == Outcome::excused) {
    if (reason) refused(*reason, {life_.born, now()});
    return std::nullopt;
  }
  life_.attached = now();
  life_.addresses = it_.addresses();
  return std::nullopt;
}

void Worker::refused(Expected reason, Span call) {
  if (reason != Expected::port_taken && reason != Expected::no_address) return;
  const bool port = reason == Expected::port_taken;
  stage_.history.add(
      Refusal{.name = life_.name, .network = life_.network, .port = port ? life_.port : "", .call = call});
}

void Worker::stay() {
  if (chance(kChecked)) check();
  if (chance(kAsked)) ask();
  std::this_thread::sleep_for(kLongestStay * std::uniform_real_distribution<double>{0, 1}(random_));
}

void Worker::check() {
  auto checked = chain("CHECK", false);
  if (checked.outcome != Outcome::failed) return;
  const auto kind = checked.failure.kind();
  for (int i = 0; checked.outcome == Outcome::failed && i < kPlainRetries; ++i) checked = chain("CHECK", false);
  stage_.tally.error(kind, checked.outcome != Outcome::failed);
}

// Who answers on the host port must be who has it. After a flush nobody has to.
void Worker::ask() {
  const auto flushed = [&] { return stage_.history.flushed_within({life_.born, now()}); };
  const auto gateway = it_.network->gateway(chance(0.5));
  std::optional<std::string> answer;
  for (int i = 0; !answer && !flushed() && i <= kPlainRetries; ++i)
    answer = stage_.world.ask("", it_.protocol, gateway, it_.host_port);
  if (flushed()) return stage_.tally.count("questions overtaken by a flush");
  stage_.tally.count("questions asked through host ports");
  if (!answer || !answer->starts_with(place_.name() + " "))
    stage_.tally.violation("on " + gateway + " " + it_.port() + " of " + it_.id + " in " + place_.name() + " " +
                           (answer ? "somebody else answered: " + *answer : "nobody answered"));
}

void Worker::detach() {
  if (!life_.leaving) life_.leaving = now();
  if (chance(kForgotten)) it_.result = nullptr;  // a runtime that lost its cache
  until_done("DEL", undisturbed_ ? 0 : kTriesDisturbed);
}

// GC in place of DEL: what the runtime does not name is gone. A DEL afterwards has nothing to do.
void Worker::collect() {
  life_.leaving = now();
  until_done("GC", 1);
}

void Worker::until_done(const std::string& verb, int disturbed) {
  Error error;
  for (int plain_failures = 0; plain_failures <= kPlainRetries;) {
    const bool strike = disturbed-- > 0 && chance(kDisturbed);
    const auto [outcome, failure, reason] = chain(verb, strike);
    if (outcome == Outcome::done) {
      if (error) stage_.tally.error(*error, true);
      if (verb == "DEL") life_.gone = now();
      return;
    }
    if (outcome == Outcome::excused) continue;
    error = failure.kind();
    ++plain_failures;
  }
  stage_.tally.error(*error, false);
}

Worker::Chained Worker::chain(const std::string& verb, bool disturbed) {
  std::vector<std::string> plugins{kChain.begin(), kChain.end()};
  if (backwards(verb)) std::ranges::reverse(plugins);
  const auto victim = disturbed && !undisturbed_ ? random_() % plugins.size() : plugins.size();
  const Time begin = now();
  bool struck = false;
  for (std::size_t i = 0; i < plugins.size(); ++i) {
    const auto& plugin = plugins[i];
    Blow blow = i == victim ? blows_.any(verb + plugin) : Blow{};
    if (verb == "DEL" && i == victim && chance(kRepeated)) blow.strike = [&](int) { repeat_meanwhile(verb, plugin); };
    Called called = call(verb, plugin, blow);
    struck = struck || called.struck;
    if (called.ran.exit_code == 0) {
      if (verb == "ADD") it_.result = called.ran.json();
      continue;
    }
    if (called.struck && was_killed(called.ran)) return {.outcome = Outcome::excused};
    Failure failure = failure_of(verb, plugin, called.ran);
    if (failure.is_a_defect()) stage_.tally.violation(verb + " " + plugin + " of " + it_.id + ": " + failure.message);
    const auto reason = judge(failure, circumstances(called.span));
    std::string what{reason ? to_string(*reason) : "errors without reason"};
    stage_.tally.count(what.insert(0, verb + ": "));
    return {reason ? Outcome::excused : Outcome::failed, std::move(failure), reason};
  }
  const Span span{begin, now()};
  stage_.tally.count(verb + " succeeded");
  if (!struck) stage_.tally.took(verb, span, stage_.nemeses == nullptr || stage_.nemeses->holds_within(span).empty());
  return {};
}

// As a runtime does that was started anew while a plugin of its former self is still at work.
void Worker::repeat_meanwhile(const std::string& verb, const std::string& plugin) {
  const auto second = stress::call(stage_.runtime.program(verb, plugin, it_), {});
  stage_.tally.count("DELs of what is being removed");
  if (second.ran.exit_code == 0) return;
  const auto failure = failure_of(verb, plugin, second.ran);
  if (!judge(failure, circumstances(second.span)))
    stage_.tally.violation("a second " + verb + " at the same time: " + failure.message);
}

Called Worker::call(const std::string& verb, const std::string& plugin, const Blow& blow) {
  auto program = verb == "GC" ? stage_.runtime.gc(plugin, *it_.network, ids_of_others())
                              : stage_.runtime.program(verb, plugin, it_);
  if (!stage_.clocks.empty() && chance(kByAnotherClock)) {
    program.time = stage_.clocks[random_() % stage_.clocks.size()].get();
    stage_.tally.count("calls by another clock");
  }
  Called called = stress::call(program, blow);
  if (called.hung) stage_.tally.violation(verb + " " + plugin + " of " + it_.id + " did not end within 30 s");
  if (!called.struck) blows_.took(verb + plugin, called.span);
  return called;
}

Circumstances Worker::circumstances(Span call) const {
  return {.terminated = blows_.terminated(),
          .path_hidden = blows_.hidden(),
          .flushed = stage_.history.flushed_within({life_.born, call.end}),
          .holds = stage_.nemeses == nullptr ? std::vector<Hold>{} : stage_.nemeses->holds_within(call)};
}

bool Worker::chance(double probability) { return std::bernoulli_distribution{probability}(random_); }

// Those of the other workers, and those that will be while GC works.
std::vector<std::string> Worker::ids_of_others() const {
  constexpr unsigned kAhead = 64;
  std::vector<std::string> ids;
  for (int other = 0; other < stage_.options.workers; ++other) {
    if (other == index_ || &stage_.network_of(other) != it_.network) continue;
    const unsigned generation = stage_.generations[static_cast<std::size_t>(other)];
    for (unsigned i = 0; i < kAhead; ++i) ids.push_back(Stage::id(other, generation + i));
  }
  return ids;
}

}  // namespace patchbay::stress
