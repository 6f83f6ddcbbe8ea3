// SPDX-License-Identifier: Apache-2.0
// Runs chains of plugins (job.hpp) and says what each process tree cost. Small and static, because
// Linux starts a child's peak memory at that of the process which spawned it. It adopts whatever a
// plugin leaves behind, and puts its cost into the books.
//
// Prints for each step a line "step CHAIN STEP EXIT WALL_ns USER_us SYSTEM_us RSS_kB FAULTS BYTES" and
// then BYTES of output and a newline; at last "all WALL_ns" until the last chain was done, and
// "left COUNT CPU_us RSS_kB FAULTS WALL_ns" for adopted processes, until the last of them ended.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <map>

#include "test/bench/spawn/job.hpp"

namespace {

using bench::die;

struct Running {
  std::size_t chain, step;
  int output;
  long long start;
};

struct Left {
  int count = 0;
  long long cpu = 0, faults = 0;
  long rss = 0;
};

long long now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

long long microseconds(const timeval& time) { return time.tv_sec * 1'000'000LL + time.tv_usec; }

struct Pipe {
  int out, in;
};

Pipe make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) die("pipe");
  return {ends[0], ends[1]};
}

// All of it is in the pipe before the plugin starts, so that nobody waits for us.
int pipe_with(const std::string& text) {
  const Pipe pipe = make_pipe();
  if (text.size() > 65536 && fcntl(pipe.in, F_SETPIPE_SZ, static_cast<int>(text.size())) < 0) die("F_SETPIPE_SZ");
  if (write(pipe.in, text.data(), text.size()) != static_cast<ssize_t>(text.size())) die("write");
  close(pipe.in);
  return pipe.out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

class Runner {
 public:
  explicit Runner(std::vector<bench::Chain> chains) : chains_(std::move(chains)) {}

  void run() {
    const long long start = now();
    for (std::size_t chain = 0; chain < chains_.size(); ++chain) begin(chain, 0, "");
    while (!running_.empty()) reap();
    const long long done = now();
    std::printf("all %lld\n", done - start);
    while (reap()) {
    }
    std::printf("left %d %lld %ld %lld %lld\n", left_.count, left_.cpu, left_.rss, left_.faults, now() - done);
  }

 private:
  void begin(std::size_t chain, std::size_t step, const std::string& previous) {
    auto& todo = chains_[chain][step];
    auto arguments = pointers(todo.arguments), environment = pointers(todo.environment);
    const int input = pipe_with(bench::with_previous(todo.input, previous));
    const Pipe output = make_pipe();
    const long long start = now();
    const pid_t pid = vfork();
    if (pid < 0) die("vfork");
    if (pid == 0) {
      if (dup2(input, STDIN_FILENO) < 0 || dup2(output.in, STDOUT_FILENO) < 0) _exit(126);
      execve(arguments[0], arguments.data(), environment.data());
      _exit(127);
    }
    close(input);
    close(output.in);
    running_[pid] = {chain, step, output.out, start};
  }

  // Waits for any process that is ours; false when there is none.
  bool reap() {
    rusage usage{};
    int status = 0;
    const pid_t pid = wait4(-1, &status, 0, &usage);
    if (pid < 0 && errno == ECHILD) return false;
    if (pid < 0) die("wait4");
    const long long end = now();
    const auto found = running_.find(pid);
    if (found == running_.end()) {
      ++left_.count;
      left_.cpu += microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
      left_.faults += usage.ru_minflt + usage.ru_majflt;
      left_.rss = std::max(left_.rss, usage.ru_maxrss);
      return true;
    }
    const Running ran = found->second;
    running_.erase(found);
    finish(ran, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), end - ran.start, usage);
    return true;
  }

  void finish(const Running& ran, int code, long long wall, const rusage& usage) {
    // Without waiting: a process that was left behind may hold the other end.
    if (fcntl(ran.output, F_SETFL, O_NONBLOCK) != 0) die("O_NONBLOCK");
    const std::string output = bench::read_all(ran.output);
    close(ran.output);
    if (code == 0 && ran.step + 1 < chains_[ran.chain].size()) begin(ran.chain, ran.step + 1, output);
    std::printf("step %zu %zu %d %lld %lld %lld %ld %ld %zu\n", ran.chain, ran.step, code, wall,
                microseconds(usage.ru_utime), microseconds(usage.ru_stime), usage.ru_maxrss,
                usage.ru_minflt + usage.ru_majflt, output.size());
    std::fwrite(output.data(), 1, output.size(), stdout);
    std::putchar('\n');
  }

  std::vector<bench::Chain> chains_;
  std::map<pid_t, Running> running_;
  Left left_;
};

}  // namespace

int main() {
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) die("subreaper");
  Runner{bench::read_job(STDIN_FILENO)}.run();
  return std::fflush(stdout) == 0 ? 0 : 2;
}
