// SPDX-License-Identifier: Apache-2.0
#include "test/stress/load.hpp"

#include <net/if.h>
#include <sys/resource.h>

#include <exception>
#include <set>
#include <sstream>
#include <thread>

#include "test/stress/clocks.hpp"
#include "test/stress/worker.hpp"

namespace patchbay::stress {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostAddresses = 253;  // of a /24, without its gateway
constexpr auto kSettling = 5s;

// Fewer than workers, so that the last ones find none.
std::size_t addresses_for(int workers) {
  return std::min(kMostAddresses, static_cast<std::size_t>(std::max(1, workers * 3 / 4)));
}

std::vector<std::unique_ptr<Place>> make_places(int count) {
  std::vector<std::unique_ptr<Place>> places;
  for (int i = 0; i < count; ++i)
    places.push_back(std::make_unique<Place>("place" + std::to_string(i), i % 3 == 0 ? "udp" : "tcp"));
  return places;
}

std::vector<std::unique_ptr<Worker>> make_workers(Stage& stage) {
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < stage.options.workers; ++i) workers.push_back(std::make_unique<Worker>(stage, i));
  return workers;
}

// One attachment of each network comes and goes, so that all is there that stays: bridges, tables, chains.
void exercise(Stage& stage, std::vector<std::unique_ptr<Worker>>& workers) {
  for (const std::size_t i : {0U, 1U})
    if (!workers[i]->live_undisturbed()) stage.tally.violation("an attachment of an idle node cannot come and go");
}

// Of this program and of all that it started and waited for.
double cpu_seconds() {
  double seconds = 0;
  for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    if (getrusage(who, &used) != 0) test::fail_errno("getrusage");
    for (const timeval& time : {used.ru_utime, used.ru_stime})
      seconds += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  }
  return seconds;
}

void load(Stage& stage, std::vector<std::unique_ptr<Worker>>& workers) {
  Nemeses nemeses{stage.world,
                  {.backend = stage.options.backend,
                   .networks = stage.networks,
                   .duration = stage.options.duration,
                   .seed = stage.options.seed},
                  stage.history,
                  stage.tally};
  stage.nemeses = &nemeses;
  const Time begin = now();
  const double cpu = cpu_seconds();
  std::vector<std::jthread> threads;
  for (auto& worker : workers) {
    threads.emplace_back([&](const std::stop_token& stop) {
      try {
        worker->run(stop);
      } catch (const std::exception& error) {
        stage.tally.violation(std::string{"the test itself failed: "} + error.what());
      }
    });
  }
  std::this_thread::sleep_for(stage.options.duration);
  nemeses.end();  // first: nobody has to wait for locks that hang
  for (auto& thread : threads) thread.request_stop();
  threads.clear();  // joins them
  stage.tally.lasted({begin, now()}, cpu_seconds() - cpu);
  stage.nemeses = nullptr;
}

std::vector<std::string> interfaces_in(Stage& stage, const Place& place) {
  std::vector<std::string> names;
  stage.world.in(place.name(), [&] {
    auto* all = if_nameindex();
    if (all == nullptr) test::fail_errno("if_nameindex");
    for (auto* it = all; it->if_index != 0; ++it)
      if (std::string{it->if_name} != "lo") names.emplace_back(it->if_name);
    if_freenameindex(all);
  });
  return names;
}

// Of several networks' rules those come first whose network was first after a flush: that may change.
std::map<std::string, std::string> in_any_order(std::map<std::string, std::string> snapshot) {
  for (auto& [topic, text] : snapshot) {
    std::istringstream in{text};
    std::multiset<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.insert(std::move(line));
    text.clear();
    for (const auto& line : lines) text += line + "\n";
  }
  return snapshot;
}

// What DEL left to the kernel takes it a moment.
void compare(Stage& stage, const std::map<std::string, std::string>& before) {
  const auto end = std::chrono::steady_clock::now() + kSettling;
  std::string left;
  do {
    left = test::difference(before, in_any_order(stage.world.snapshot()));
  } while (!left.empty() && std::chrono::steady_clock::now() < end);
  if (!left.empty()) stage.tally.violation("the node is not as it was before:\n" + left);
  for (const auto& place : stage.places)
    for (const auto& name : interfaces_in(stage, *place))
      stage.tally.violation(place->name() + " still has an interface " + name);
}

}  // namespace

void put_under_load(const Options& options, Tally& tally) {
  test::World world;
  const auto addresses = addresses_for(options.workers);
  const Runtime runtime{options.backend, addresses};
  History history{addresses};
  Stage stage{.options = options,
              .world = world,
              .runtime = runtime,
              .networks = {{.name = "load", .bridge = "cni0", .v4 = "10.10.0", .v6 = "fd10::"},
                           {.name = "swept", .bridge = "cni1", .v4 = "10.11.0", .v6 = "fd11::", .swept = true}},
              .clocks = make_other_clocks(),
              .places = make_places(options.workers),
              .generations = std::vector<std::atomic<unsigned>>(static_cast<std::size_t>(options.workers)),
              .history = history,
              .tally = tally};
  auto workers = make_workers(stage);
  exercise(stage, workers);
  const auto before = in_any_order(world.snapshot());
  load(stage, workers);
  exercise(stage, workers);
  compare(stage, before);
  for (const auto& place : stage.places) place->dismiss();
  for (const auto& violation : history.violations()) tally.violation(violation);
  tally.count("attachments", history.lives());
}

}  // namespace patchbay::stress
