// SPDX-License-Identifier: Apache-2.0
#include "test/hostile/trial.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/os/retry.hpp"
#include "common/os/unique_fd.hpp"
#include "test/support/process.hpp"
#include "test/support/refusing.hpp"

namespace patchbay::test::hostile {

namespace {

using os::retry_interrupted;
using os::UniqueFd;

constexpr std::size_t kKept = 1 << 20;  // of each of its outputs

struct Pipe {
  UniqueFd read, write;
};

Pipe make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail_errno("pipe2");
  return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

void do_not_block(const UniqueFd& fd) {
  if (fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0) fail_errno("fcntl");
}

std::vector<std::string> command_of(const Trial& trial) {
  if (trial.prelude.empty()) return trial.arguments;
  std::vector<std::string> command{
      "/usr/bin/unshare", "--mount", "/bin/sh", "-ec", trial.prelude + "\nexec \"$@\"", "sh"};
  command.insert(command.end(), trial.arguments.begin(), trial.arguments.end());
  return command;
}

// What goes to its stdin and has not been taken yet.
class Feed {
 public:
  Feed(const Input& input, UniqueFd pipe) : input_(&input), pipe_(std::move(pipe)) {
    do_not_block(pipe_);
    while (!input.unit.empty() && block_.size() < 65536) block_ += input.unit;
  }

  [[nodiscard]] int fd() const { return has_more() ? pipe_.get() : -1; }

  void go_on() {
    while (has_more()) {
      const std::string_view piece = next();
      const ssize_t put = write(pipe_.get(), piece.data(), piece.size());
      if (put < 0 && errno == EAGAIN) return;
      if (put < 0) return pipe_.reset();  // it does not want to know more
      at_ += static_cast<std::size_t>(put);
    }
    if (!input_->open) pipe_.reset();
  }

 private:
  [[nodiscard]] std::size_t middle() const { return input_->unit.size() * input_->times; }
  [[nodiscard]] bool has_more() const { return pipe_ && at_ < input_->before.size() + middle() + input_->after.size(); }
  [[nodiscard]] std::string_view next() const {
    const std::string_view before = input_->before, after = input_->after;
    if (at_ < before.size()) return before.substr(at_);
    const std::size_t in_middle = at_ - before.size();
    if (in_middle >= middle()) return after.substr(in_middle - middle());
    const std::size_t phase = in_middle % input_->unit.size();
    return std::string_view{block_}.substr(phase, std::min(block_.size() - phase, middle() - in_middle));
  }

  const Input* input_;
  UniqueFd pipe_;
  std::string block_;
  std::size_t at_ = 0;
};

void take(UniqueFd& pipe, std::string& text) {
  std::array<char, 65536> chunk;
  while (pipe) {
    const ssize_t got = retry_interrupted([&] { return read(pipe.get(), chunk.data(), chunk.size()); });
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return pipe.reset();
    text.append(chunk.data(), std::min(static_cast<std::size_t>(got), kKept - std::min(kKept, text.size())));
  }
}

[[noreturn]] void become(const std::vector<char*>& arguments, const std::vector<char*>& environment, const Trial& trial,
                         const int (&io)[3]) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGPIPE, SIG_DFL);
  bool ready = true;
  for (int i = 0; i < 3; ++i) ready = ready && dup2(io[i], i) == i;  // pipes, so they are all above 2
  if (ready && !trial.denied.empty()) ready = refuse(trial.denied, trial.denied_with);
  if (ready) execve(arguments[0], arguments.data(), environment.data());
  _exit(127);
}

// Feeds and reads until it ends; false when it does not.
bool serve(const UniqueFd& process, Feed& feed, Pipe& out, Pipe& err, Ran& ran,
           std::chrono::steady_clock::time_point end) {
  for (bool ended = false; !ended;) {
    pollfd events[4] = {
        {process.get(), POLLIN, 0}, {out.read.get(), POLLIN, 0}, {err.read.get(), POLLIN, 0}, {feed.fd(), POLLOUT, 0}};
    const int ready = retry_interrupted([&] { return poll(events, 4, milliseconds_until(end)); });
    if (ready < 0) fail_errno("poll");
    if (ready == 0) return false;
    ended = events[0].revents != 0;
    if (events[3].revents != 0) feed.go_on();
    take(out.read, ran.out);
    take(err.read, ran.err);
  }
  return true;
}

}  // namespace

Outcome run(const Trial& trial) {
  Pipe in = make_pipe(), out = make_pipe(), err = make_pipe();
  const auto command = command_of(trial);
  const auto arguments = pointers(command), environment = pointers(trial.environment);
  const auto start = std::chrono::steady_clock::now();
  const pid_t pid = fork();
  if (pid < 0) fail_errno("fork");
  if (pid == 0) become(arguments, environment, trial, {in.read.get(), out.write.get(), err.write.get()});
  const auto process = pidfd(pid);
  in.read.reset(), out.write.reset(), err.write.reset();
  do_not_block(out.read), do_not_block(err.read);

  Feed feed{trial.input, std::move(in.write)};
  feed.go_on();
  Outcome outcome;
  outcome.hung = !serve(process, feed, out, err, outcome.ran, start + trial.patience);
  outcome.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  if (outcome.hung) kill(-pid, SIGKILL);
  int status = 0;
  rusage used{};
  if (retry_interrupted([&] { return wait4(pid, &status, 0, &used); }) != pid) fail_errno("wait4");
  outcome.ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.peak_kib = used.ru_maxrss;
  return outcome;
}

}  // namespace patchbay::test::hostile
