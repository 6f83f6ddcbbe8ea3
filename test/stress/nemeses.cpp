// SPDX-License-Identifier: Apache-2.0
#include "test/stress/nemeses.hpp"

#include <signal.h>

#include <algorithm>
#include <exception>
#include <stdexcept>

namespace patchbay::stress {

namespace {

using namespace std::chrono_literals;

constexpr auto kBetweenFlushes = 2000ms, kBetweenLinks = 150ms, kBetweenHolds = 3000ms, kBetweenLongHolds = 30000ms;
constexpr auto kBriefHold = 400ms;
constexpr auto kLongHold = 7s;  // longer than the 5 s that plugins wait for a lock
constexpr const char* kXtablesLock = "/run/xtables.lock";

std::vector<std::string> flushes(bool iptables) {
  if (iptables) return {"iptables-legacy -w 20 -t nat -F", "ip6tables-legacy -w 20 -t nat -F"};
  return {"nft flush ruleset", "nft delete table inet patchbay"};
}

}  // namespace

Nemeses::Nemeses(test::World& world, Plan plan, History& history, Tally& tally)
    : world_(world), plan_(std::move(plan)), history_(history), tally_(tally) {
  start(&Nemeses::flush);
  start(&Nemeses::churn);
  start(&Nemeses::hold_briefly);
  start(&Nemeses::hold_long);
}

Nemeses::~Nemeses() { end(); }

void Nemeses::end() {
  for (auto& thread : threads_) thread.request_stop();
  threads_.clear();  // joins them
}

void Nemeses::start(void (Nemeses::*work)(const std::stop_token&)) {
  threads_.emplace_back([this, work](const std::stop_token& stop) {
    try {
      (this->*work)(stop);
    } catch (const std::exception& error) {
      tally_.violation(std::string{"the test itself failed: "} + error.what());
    }
  });
}

bool Nemeses::wait(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::unique_lock lock{mutex_};
  stopped_.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

bool Nemeses::pause(const std::stop_token& stop, Random& random, std::chrono::milliseconds about) {
  return wait(stop, std::chrono::milliseconds{
                        std::uniform_int_distribution<long>{about.count() / 2, about.count() * 3 / 2}(random)});
}

void Nemeses::flush(const std::stop_token& stop) {
  Random random{plan_.seed + 1};
  const auto ways = flushes(iptables());
  while (pause(stop, random, kBetweenFlushes)) {
    const auto flush = history_.begin_flush(now());
    // There is nothing to delete right after another flush: that is no failure.
    const bool done = world_.try_sh(ways[random() % ways.size()]).exit_code == 0;
    history_.end_flush(flush, now());
    if (done) tally_.count("flushes");
  }
}

void Nemeses::churn(const std::stop_token& stop) {
  Random random{plan_.seed + 2};
  while (pause(stop, random, kBetweenLinks)) {
    world_.sh("ip link add vethforeign type veth peer name vethneighbour");
    world_.sh("ip link add foreign0 type bridge");
    world_.sh("ip link set vethforeign master foreign0 up");
    world_.sh("ip link del vethforeign");
    world_.sh("ip link del foreign0");
    tally_.count("foreign links made and removed", 3);
  }
}

void Nemeses::hold_briefly(const std::stop_token& stop) {
  Random random{plan_.seed + 3};
  std::vector<std::string> locks{plan_.networks.front().lock()};
  if (iptables()) locks.emplace_back(kXtablesLock);
  while (pause(stop, random, kBetweenHolds)) hold(locks[random() % locks.size()], kBriefHold, stop);
}

void Nemeses::hold_long(const std::stop_token& stop) {
  std::vector<std::string> locks{plan_.networks.back().lock()};
  if (iptables()) locks.emplace_back(kXtablesLock);
  const auto between = std::min<std::chrono::milliseconds>(plan_.duration / 5, kBetweenLongHolds);
  for (std::size_t next = 0; wait(stop, between); ++next) hold(locks[next % locks.size()], kLongHold, stop);
}

void Nemeses::hold(const std::string& path, std::chrono::milliseconds time, const std::stop_token& stop) {
  std::size_t index = 0;
  {
    const std::lock_guard lock{mutex_};
    index = held_.size();
    held_.push_back({{path, 0}, {now(), kNever}});
  }
  // flock -F is not the parent of what it runs, it becomes that: one process, and the lock is its own.
  const int pid = world_.background("", "exec flock -F " + path + " sh -c 'echo held; exec sleep 1000'", "held");
  {
    const std::lock_guard lock{mutex_};
    held_[index].hold.pid = pid;
  }
  if (kill(pid, SIGSTOP) != 0) throw std::runtime_error{"the holder of " + path + " is gone"};
  static_cast<void>(wait(stop, time));
  if (kill(pid, SIGKILL) != 0) throw std::runtime_error{"the holder of " + path + " is gone"};
  world_.stop(pid);
  const std::lock_guard lock{mutex_};
  held_[index].span.end = now();
  tally_.count("locks held");
}

std::vector<Hold> Nemeses::holds_within(Span span) const {
  const std::lock_guard lock{mutex_};
  std::vector<Hold> found;
  for (const Held& held : held_)
    if (held.span.overlaps(span)) found.push_back(held.hold);
  return found;
}

}  // namespace patchbay::stress
