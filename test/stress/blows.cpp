// SPDX-License-Identifier: Apache-2.0
#include "test/stress/blows.hpp"

#include <signal.h>

#include <thread>

namespace patchbay::stress {

namespace {

constexpr double kFirstGuess = 10e6;  // nanoseconds
constexpr std::chrono::milliseconds kLongestPause{300};

// The process may have ended a moment ago; it has not been waited for, so the number is still its own.
void send(int pid, int signal_number) { static_cast<void>(kill(pid, signal_number)); }

}  // namespace

void Blows::took(const std::string& call, Span span) {
  const auto time = static_cast<double>(span.end - span.begin);
  const auto [usual, is_new] = usual_.try_emplace(call, time);
  if (!is_new) usual->second += (time - usual->second) / 8;
}

Blow Blows::any(const std::string& call) {
  const auto usual = usual_.find(call);
  const double longest = 1.2 * (usual == usual_.end() ? kFirstGuess : usual->second);
  const auto after = std::uniform_real_distribution<double>{0, longest}(random_);
  return {.after = std::chrono::nanoseconds{static_cast<Time>(after)}, .strike = strike()};
}

std::function<void(int)> Blows::strike() {
  const auto dice = std::uniform_int_distribution<int>{0, 99}(random_);
  if (dice < 45) {
    return [this](int pid) {
      tally_.count("kills");
      send(pid, SIGKILL);
    };
  }
  if (dice < 55) {
    return [this](int pid) {
      tally_.count("kills with all children");
      send(-pid, SIGKILL);
    };
  }
  if (dice < 65) {
    return [this](int pid) {
      tally_.count("terminations");
      terminated_ = true;
      send(pid, SIGTERM);
    };
  }
  if (dice < 78) return [this](int pid) { pause(pid, SIGCONT); };
  if (dice < 85) return [this](int pid) { pause(pid, SIGKILL); };
  return [this](int) { hide(); };
}

void Blows::pause(int pid, int then) {
  send(pid, SIGSTOP);
  std::this_thread::sleep_for(kLongestPause * std::uniform_real_distribution<double>{0, 1}(random_));
  send(pid, then);
  tally_.count(then == SIGCONT ? "pauses" : "pauses that ended in a kill");
}

void Blows::hide() {
  remove_ ? place_.remove() : place_.hide();
  hidden_ = true;
  tally_.count(remove_ ? "namespaces removed under way" : "namespace paths removed under way");
}

}  // namespace patchbay::stress
