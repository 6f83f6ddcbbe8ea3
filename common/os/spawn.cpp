// SPDX-License-Identifier: Apache-2.0
#include "common/os/spawn.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <optional>

#include "common/base/error.hpp"
#include "common/os/detail/exec.hpp"
#include "common/os/retry.hpp"

namespace patchbay::os {
namespace {

constexpr std::chrono::milliseconds kKilledWithin{2000};
constexpr std::size_t kErrorsKept = 4096, kErrorsRelayed = 1 << 20;
constexpr std::size_t kChunk = 65536;  // a pipe's usual capacity

// By number: <sys/pidfd.h> is new in glibc 2.36, and not usable from C++ there.
UniqueFd pidfd_of(pid_t pid) { return UniqueFd{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))}; }

void kill_by(const UniqueFd& pidfd) {
  // ESRCH is all that can go wrong, and is what we want.
  static_cast<void>(syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0));
}

Error failed(const std::string& what, const std::string& path, int error_number) {
  return system_error(Code::delegate_failed, what + " " + path, error_number);
}

struct Pipe {
  UniqueFd read, write;
};

// `ours` does not block; the other end is a file description of its own, which the child expects to.
Pipe make_pipe(UniqueFd Pipe::*ours) {
  std::array<int, 2> ends{-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw system_error(Code::delegate_failed, "make a pipe", errno);
  Pipe pipe{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
  if (fcntl((pipe.*ours).get(), F_SETFL, O_NONBLOCK) != 0) {
    throw system_error(Code::delegate_failed, "make a pipe non-blocking", errno);
  }
  return pipe;
}

// A runtime may have started us with SIGCHLD ignored, which execve(2) keeps: children would then
// reap themselves, and how they ended would be lost.
void keep_exit_codes() {
  struct sigaction action {};
  sigaction(SIGCHLD, nullptr, &action);
  if (action.sa_handler != SIG_IGN && (action.sa_flags & SA_NOCLDWAIT) == 0) return;
  action = {};
  action.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &action, nullptr);
}

// A pidfd of the new process.
UniqueFd fork_into(const detail::ExecPlan& plan) {
  keep_exit_codes();
  const pid_t pid = fork();
  if (pid < 0) throw failed("fork for", plan.path, errno);
  if (pid == 0) detail::become(plan);
  UniqueFd process = pidfd_of(pid);
  if (process) return process;
  const int why = errno;
  kill(pid, SIGKILL);
  static_cast<void>(retry_interrupted([&] { return waitpid(pid, nullptr, 0); }));
  throw failed("watch", plan.path, why);
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// What can be read now: empty when there is nothing at the moment, nullopt when there will be no more.
std::optional<std::string_view> read_some(int fd, std::array<char, kChunk>& buffer) {
  const ssize_t got = retry_interrupted([&] { return read(fd, buffer.data(), buffer.size()); });
  if (got < 0 && errno == EAGAIN) return std::string_view{};
  if (got <= 0) return std::nullopt;
  return std::string_view{buffer.data(), static_cast<std::size_t>(got)};
}

// To our own stderr, which must not stop us: PIPE_BUF bytes fit without blocking when poll(2) says so.
void pass_through(std::string_view text, const Deadline& deadline) {
  while (!text.empty()) {
    pollfd ours{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    const int ready = retry_interrupted([&] { return poll(&ours, 1, deadline.poll_timeout()); });
    if (ready <= 0 || ours.revents != POLLOUT) return;  // POLLERR: nobody reads it any more
    const ssize_t put = write(STDERR_FILENO, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (put <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
}

std::string hint_for(int error_number) {
  switch (error_number) {
    case ENOEXEC:
      return "it is neither a program for this machine nor a script that begins with #!";
    case ENOENT:
      return "it was removed, or the interpreter that it names does not exist";
    case EACCES:
      return "it is not executable, or its filesystem is mounted noexec";
    default:
      return {};
  }
}

}  // namespace

Child Child::start(const Command& command) {
  Pipe in = make_pipe(&Pipe::write);
  Pipe out = make_pipe(&Pipe::read);
  Pipe err = make_pipe(&Pipe::read);
  Pipe exec_failure = make_pipe(&Pipe::read);
  std::vector<std::string> arguments{command.path};
  std::vector<std::string> environment = command.environment;
  const std::vector<char*> argv = pointers_to(arguments);
  const std::vector<char*> envp = pointers_to(environment);

  Child child;
  child.path_ = command.path;
  child.input_ = command.input;
  child.output_limit_ = command.output_limit;
  child.deadline_ = Deadline::in(command.patience);
  child.process_ = fork_into({.executable = command.executable,
                              .path = command.path.c_str(),
                              .argv = argv.data(),
                              .envp = envp.data(),
                              .in = in.read.get(),
                              .out = out.write.get(),
                              .err = err.write.get(),
                              .exec_failure = exec_failure.write.get(),
                              .parent = getpid()});
  child.in_ = std::move(in.write);
  child.in_far_end_ = std::move(in.read);
  child.out_ = std::move(out.read);
  child.err_ = std::move(err.read);
  child.exec_failure_ = std::move(exec_failure.read);
  child.feed();
  return child;
}

void Child::feed() {
  while (fed_ < input_.size()) {
    const ssize_t put = retry_interrupted([&] { return write(in_.get(), &input_[fed_], input_.size() - fed_); });
    if (put < 0 && errno == EAGAIN) return;
    if (put < 0) break;  // it will miss the end of its input, and say so
    fed_ += static_cast<std::size_t>(put);
  }
  in_.reset();
  in_far_end_.reset();
}

void Child::collect(Outcome& outcome) {
  std::array<char, kChunk> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
  while (out_) {
    const auto some = read_some(out_.get(), buffer);
    if (!some) out_.reset();
    if (!some || some->empty()) break;
    outcome.output += *some;
    outcome.too_much_output = outcome.output.size() > output_limit_;
    if (outcome.too_much_output) out_.reset();
  }
  if (!err_) return;
  const auto some = read_some(err_.get(), buffer);
  if (!some) return err_.reset();
  outcome.errors += some->substr(0, kErrorsKept - outcome.errors.size());
  // Of one who never stops complaining the rest is for nobody.
  if (relayed_ < kErrorsRelayed) pass_through(*some, deadline_);
  relayed_ += some->size();
}

Outcome Child::finish() {
  Outcome outcome;
  while (true) {
    std::array<pollfd, 4> events{{{.fd = process_.get(), .events = POLLIN, .revents = 0},
                                  {.fd = out_.get(), .events = POLLIN, .revents = 0},
                                  {.fd = err_.get(), .events = POLLIN, .revents = 0},
                                  {.fd = in_.get(), .events = POLLOUT, .revents = 0}}};
    const int ready = retry_interrupted([&] { return poll(events.data(), events.size(), deadline_.poll_timeout()); });
    if (ready < 0) throw failed("wait for", path_, errno);
    outcome.timed_out = ready == 0;
    if (in_ && events[3].revents != 0) feed();
    // Once it has exited, what is in the pipes is all there will be: whoever may still hold them
    // open, a daemon that it left behind for instance, is not waited for.
    collect(outcome);
    if (outcome.timed_out || outcome.too_much_output || events[0].revents != 0) break;
  }
  reap(outcome);
  int why = 0;
  if (read(exec_failure_.get(), &why, sizeof why) == sizeof why)
    throw failed("execute", path_, why).hint(hint_for(why));
  return outcome;
}

// Kills it, unless it has ended by itself. Bounded: a process that hangs in the kernel survives
// SIGKILL, and is init's as soon as we exit.
void Child::reap(Outcome& outcome) {
  siginfo_t info{};
  const auto ended = [&] {
    const auto id = static_cast<id_t>(process_.get());
    return retry_interrupted([&] { return waitid(P_PIDFD, id, &info, WEXITED | WNOHANG); }) == 0 && info.si_pid != 0;
  };
  if (!ended()) {
    kill_by(process_);
    pollfd exit{.fd = process_.get(), .events = POLLIN, .revents = 0};
    const Deadline deadline = Deadline::in(kKilledWithin);
    static_cast<void>(retry_interrupted([&] { return poll(&exit, 1, deadline.poll_timeout()); }));
    static_cast<void>(ended());
  }
  if (info.si_code == CLD_EXITED) outcome.exit_code = info.si_status;
  if (info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED) outcome.signal = info.si_status;
  process_.reset();
}

Child::~Child() {
  if (!process_) return;
  Outcome nobody_asks;
  reap(nobody_asks);
}

}  // namespace patchbay::os
