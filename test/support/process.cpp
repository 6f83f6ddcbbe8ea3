// SPDX-License-Identifier: Apache-2.0
#include "test/support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "common/os/retry.hpp"
#include "common/os/unique_fd.hpp"

namespace patchbay::test {

namespace {

using os::retry_interrupted;
using os::UniqueFd;

// The child's half. Only async-signal-safe calls: the test may have threads.
[[noreturn]] void become(char** arguments, char** environment, const Program& program, const int (&io)[3]) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGPIPE, SIG_DFL);
  // Copies above 2 first: io may itself contain 0, 1 or 2 in any order.
  int high[3];
  for (int i = 0; i < 3; ++i) high[i] = fcntl(io[i], F_DUPFD_CLOEXEC, 3);
  bool ready = program.netns < 0 || setns(program.netns, CLONE_NEWNET) == 0;
  ready = ready && (program.time < 0 || setns(program.time, CLONE_NEWTIME) == 0);
  for (int i = 0; i < 3; ++i) ready = ready && dup2(high[i], i) == i;
  if (ready) execvpe(arguments[0], arguments, environment);
  dprintf(2, "cannot run %s: %s\n", arguments[0], strerrorname_np(errno));
  _exit(127);
}

// Writes `input` into the pipe while the program runs; true when the program has ended.
bool feed_until_end(int pid, UniqueFd pipe, std::string_view input, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  const auto process = pidfd(pid);
  while (true) {
    if (input.empty()) pipe.reset();
    pollfd events[2] = {{process.get(), POLLIN, 0}, {pipe.get(), POLLOUT, 0}};
    const int ready = poll(events, 2, milliseconds_until(end));
    if (ready < 0 && errno != EINTR) fail_errno("poll");
    if (ready == 0) return false;
    if (ready < 0) continue;
    if (events[0].revents != 0) return true;
    const auto written = write(pipe.get(), input.data(), input.size());
    if (written >= 0) input.remove_prefix(static_cast<std::size_t>(written));
    if (written < 0 && errno == EPIPE) input = {};  // it does not want to know more
    if (written < 0 && errno != EPIPE && errno != EAGAIN && errno != EINTR) fail_errno("write to the program");
  }
}

std::string content(int file) {
  struct stat status {};
  if (fstat(file, &status) != 0) fail_errno("fstat");
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  const auto size = pread(file, text.data(), text.size(), 0);
  if (size < 0) fail_errno("pread");
  text.resize(static_cast<std::size_t>(size));
  return text;
}

// A sanitizer's report ends a program with an exit code of its own (CMakePresets.json), or is among what a
// delegate's caller passes on. No test can have asked for it, and one that expects a failure must not take
// it for that.
void refuse_sanitizer_report(const Ran& ran) {
  constexpr int kExitCode = 86;
  const auto says = [&](const char* words) { return ran.err.find(words) != std::string::npos; };
  if (ran.exit_code != kExitCode && !says("ERROR: AddressSanitizer") && !says("ERROR: LeakSanitizer") &&
      !says(": runtime error: "))
    return;
  throw std::runtime_error{"a sanitizer has found something:\n" + ran.err};
}

UniqueFd memory_file(const char* name) {
  UniqueFd file{memfd_create(name, MFD_CLOEXEC)};
  if (!file) fail_errno("memfd_create");
  return file;
}

}  // namespace

void fail_errno(const std::string& what) { throw std::runtime_error{what + ": " + std::strerror(errno)}; }

UniqueFd pidfd(int pid) {
  UniqueFd process{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))};
  if (!process) fail_errno("pidfd_open");
  return process;
}

int milliseconds_until(std::chrono::steady_clock::time_point end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, 1 << 30));
}

std::vector<std::string> own_environment() {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  return all;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (const auto& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

int start(const Program& program, int in, int out, int err) {
  auto arguments = pointers(program.arguments);
  auto environment = pointers(program.environment);
  const int io[3] = {in, out, err};
  const pid_t pid = fork();
  if (pid < 0) fail_errno("fork");
  if (pid == 0) become(arguments.data(), environment.data(), program, io);
  setpgid(pid, pid);  // here too: whoever comes first; it fails once the child has called exec
  return pid;
}

int reap(int pid, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  const auto process = pidfd(pid);
  pollfd event{process.get(), POLLIN, 0};
  if (retry_interrupted([&] { return poll(&event, 1, milliseconds_until(end)); }) == 0) return -1;
  int status = 0;
  if (retry_interrupted([&] { return waitpid(pid, &status, 0); }) != pid) fail_errno("waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void end(int pid) {
  using namespace std::chrono_literals;
  kill(-pid, SIGTERM);
  if (reap(pid, 3s) >= 0) {
    kill(-pid, SIGKILL);  // what it may have started
    return;
  }
  kill(-pid, SIGKILL);
  if (reap(pid, 10s) < 0) throw std::runtime_error{"process " + std::to_string(pid) + " cannot be ended"};
}

Ran run(const Program& program) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail_errno("pipe2");
  UniqueFd in{ends[0]}, feed{ends[1]};
  if (fcntl(feed.get(), F_SETFL, O_NONBLOCK) != 0) fail_errno("fcntl");
  const auto out = memory_file("stdout"), err = memory_file("stderr");
  const int pid = start(program, in.get(), out.get(), err.get());
  in.reset();

  Ran ran;
  const bool ended = feed_until_end(pid, std::move(feed), program.input, program.patience);
  if (ended) {
    ran.exit_code = reap(pid, program.patience);
  } else {
    end(pid);
  }
  ran.out = content(out.get());
  ran.err = content(err.get());
  refuse_sanitizer_report(ran);
  if (!ended) ran.err += "(killed: it did not end within " + std::to_string(program.patience.count()) + " ms)\n";
  return ran;
}

}  // namespace patchbay::test
