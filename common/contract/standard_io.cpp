// SPDX-License-Identifier: Apache-2.0
#include "common/contract/detail/standard_io.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <utility>

#include "common/contract/detail/signals.hpp"
#include "common/contract/json.hpp"
#include "common/os/deadline.hpp"
#include "common/os/retry.hpp"

namespace patchbay::contract::detail {
namespace {

using os::Deadline;
using os::retry_interrupted;

constexpr std::string_view kReadFailed = "error reading from stdin";
constexpr std::string_view kWriteFailed = "error writing to stdout";

// What poll(2) said when we started: so much can be read, or written, without asking again.
short input_at_start = 0, output_at_start = 0;

// 0 when it can be read or written (or would tell why not), else ETIMEDOUT or what ppoll(2) says.
int wait_for(pollfd& entry, const Deadline& deadline, const sigset_t* mask = nullptr) {
  const int ready = retry_interrupted([&] {
    const std::chrono::milliseconds left{deadline.poll_timeout()};
    const timespec timeout{.tv_sec = left.count() / 1000, .tv_nsec = left.count() % 1000 * 1'000'000};
    return ppoll(&entry, 1, &timeout, mask);
  });
  if (ready < 0) return errno;
  return ready == 0 ? ETIMEDOUT : 0;
}

int wait_for_input(pollfd& entry, const Deadline& deadline) {
  const sigset_t mask = mask_while_idle();
  return wait_for(entry, deadline, &mask);
}

Deadline next_deadline(const Patience& patience, const Deadline& whole) {
  return Deadline::in(std::min(patience.silence, whole.left()));
}

Error silent_runtime() {
  Error error{Code::io_failure, std::string{kReadFailed} + ": no end of it in time"};
  return error.hint("the runtime writes the network configuration to stdin and closes it");
}

OutputFailure output_failure(int error_number) {
  OutputFailure failure{Code::io_failure, std::string{kWriteFailed}};
  failure.reason(error_number);
  return failure;
}

// Like glibc does for set-user-ID programs: the number is taken, yet using the descriptor fails with
// EBADF as it would have if closed. stderr is different: what is said there may be lost.
bool occupy(int fd) {
  const int flags = fd == STDIN_FILENO ? O_WRONLY : fd == STDOUT_FILENO ? O_RDONLY : O_RDWR;
  // The lowest free number is `fd`, as those below are open. Not O_CLOEXEC: delegates need it, too.
  return retry_interrupted([&] { return open("/dev/null", flags); }) == fd;
}

}  // namespace

void occupy_standard_descriptors() {
  std::array<pollfd, 3> standard{{{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                                  {.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0},
                                  {.fd = STDERR_FILENO, .events = 0, .revents = 0}}};
  retry_interrupted([&] { return poll(standard.data(), standard.size(), 0); });
  input_at_start = standard[STDIN_FILENO].revents;
  output_at_start = standard[STDOUT_FILENO].revents;
  for (const pollfd& entry : standard) {
    if ((entry.revents & POLLNVAL) == 0 || occupy(entry.fd)) continue;
    throw Error{Code::io_failure, "one of stdin, stdout and stderr is closed, and /dev/null cannot be opened"};
  }
}

std::string read_input(const Patience& patience) {
  std::string input;
  std::array<char, 8192> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
  const Deadline whole = Deadline::in(patience.total);
  while (true) {
    pollfd entry{.fd = STDIN_FILENO, .events = POLLIN, .revents = std::exchange(input_at_start, short{0})};
    const int why = (entry.revents & POLLIN) != 0 ? 0 : wait_for_input(entry, next_deadline(patience, whole));
    if (why == ETIMEDOUT) throw silent_runtime();
    if (why != 0) throw system_error(Code::io_failure, std::string{kReadFailed}, why);
    const ssize_t got = retry_interrupted([&] { return read(STDIN_FILENO, chunk.data(), chunk.size()); });
    if (got < 0 && errno == EAGAIN) continue;
    if (got < 0) throw system_error(Code::io_failure, std::string{kReadFailed}, errno);
    if (got == 0) return input;
    input.append(chunk.data(), static_cast<std::size_t>(got));
    if (input.size() > kMaxInput) {
      Error error{Code::io_failure, std::string{kReadFailed} + ": more than " + std::to_string(kMaxInput) + " bytes"};
      throw error.hint("a network configuration has a few kilobytes");
    }
    // Its writers had gone before we read less than there was room for: that was the rest.
    if ((entry.revents & POLLHUP) != 0 && static_cast<std::size_t>(got) < chunk.size()) return input;
  }
}

void write_output(std::string_view text, const Patience& patience) {
  const Deadline whole = Deadline::in(patience.total);
  while (!text.empty()) {
    pollfd entry{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = std::exchange(output_at_start, short{0})};
    const int why = entry.revents == POLLOUT ? 0 : wait_for(entry, next_deadline(patience, whole));
    if (why != 0) throw output_failure(why);
    // PIPE_BUF bytes fit without blocking once poll(2) says so; a reader that sleeps cannot hold us.
    const std::size_t size = std::min<std::size_t>(text.size(), PIPE_BUF);
    const ssize_t put = retry_interrupted([&] { return write(STDOUT_FILENO, text.data(), size); });
    if (put < 0 && errno != EAGAIN) throw output_failure(errno);
    if (put > 0) text.remove_prefix(static_cast<std::size_t>(put));
  }
}

void complain_briefly(std::string_view line) noexcept {
  [[maybe_unused]] const ssize_t ignored =
      retry_interrupted([&] { return write(STDERR_FILENO, line.data(), line.size()); });
}

void complain(std::string line) { complain_briefly(line += '\n'); }

}  // namespace patchbay::contract::detail
