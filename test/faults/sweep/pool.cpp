// SPDX-License-Identifier: Apache-2.0
#include "test/faults/sweep/pool.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <vector>

#include "common/os/unique_fd.hpp"
#include "test/support/process.hpp"

namespace patchbay::faults {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes kPatience{1};

struct Job {
  std::size_t index;
  pid_t pid;
  os::UniqueFd from;
  std::string result;
  Clock::time_point end = Clock::now() + kPatience;
  bool late = false;
};

[[noreturn]] void become(const std::function<std::string(std::size_t)>& work, std::size_t index, int to) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const std::string result = work(index);
  std::size_t put = 0;
  while (put < result.size()) {
    const ssize_t more = write(to, result.data() + put, result.size() - put);
    if (more < 0) _exit(1);
    put += static_cast<std::size_t>(more);
  }
  _exit(0);
}

Job start(const std::function<std::string(std::size_t)>& work, std::size_t index) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) test::fail_errno("pipe2");
  os::UniqueFd from{ends[0]};
  const os::UniqueFd to{ends[1]};
  const pid_t pid = fork();
  if (pid < 0) test::fail_errno("fork");
  if (pid == 0) become(work, index, to.get());
  return {.index = index, .pid = pid, .from = std::move(from), .result = {}};
}

// True when it has ended: its pipe has.
bool hear(Job& job) {
  std::array<char, 4096> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
  const ssize_t got = read(job.from.get(), buffer.data(), buffer.size());
  if (got > 0) job.result.append(buffer.data(), static_cast<std::size_t>(got));
  return got == 0 || (got < 0 && errno != EINTR);
}

std::string trouble_of(const Job& job, int status) {
  if (job.late) return "it did not end within a minute";
  if (WIFSIGNALED(status)) return std::string{"it died by SIG"} + sigabbrev_np(WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? "" : "it ended with " + std::to_string(WEXITSTATUS(status));
}

// Kills what is late; returns the position of one that has ended, or running.size().
std::size_t wait_for_one(std::vector<Job>& running) {
  while (true) {
    std::vector<pollfd> events;
    for (const Job& job : running) events.push_back({.fd = job.from.get(), .events = POLLIN, .revents = 0});
    if (poll(events.data(), events.size(), 1000) < 0 && errno != EINTR) test::fail_errno("poll");
    for (std::size_t i = 0; i < running.size(); ++i) {
      if (events[i].revents != 0 && hear(running[i])) return i;
      if (Clock::now() < running[i].end || running[i].late) continue;
      running[i].late = true;
      kill(running[i].pid, SIGKILL);
    }
  }
}

}  // namespace

void Pool::run(std::size_t count) const {
  std::vector<Job> running;
  for (std::size_t next = 0; next < count || !running.empty();) {
    if (next < count && running.size() < jobs) {
      running.push_back(start(work, next++));
      continue;
    }
    const auto at = running.begin() + static_cast<std::ptrdiff_t>(wait_for_one(running));
    int status = 0;
    if (waitpid(at->pid, &status, 0) != at->pid) test::fail_errno("waitpid");
    take(at->index, at->result, trouble_of(*at, status));
    running.erase(at);
  }
}

}  // namespace patchbay::faults
