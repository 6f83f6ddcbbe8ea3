// SPDX-License-Identifier: Apache-2.0
#include "common/contract/detail/standard_io.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "common/contract/json.hpp"
#include "common/os/deadline.hpp"
#include "common/os/retry.hpp"

namespace patchbay::contract::detail {
namespace {

using os::Deadline;
using os::retry_interrupted;

constexpr std::string_view kReadFailed = "error reading from stdin";
constexpr std::string_view kWriteFailed = "error writing to stdout";

// 0 when `fd` can be read or written (or would tell why not), else ETIMEDOUT or what poll(2) says.
int wait_for(int fd, short events, const Deadline& deadline) {
  pollfd entry{.fd = fd, .events = events, .revents = 0};
  const int ready = retry_interrupted([&] { return poll(&entry, 1, deadline.poll_timeout()); });
  if (ready < 0) return errno;
  return ready == 0 ? ETIMEDOUT : 0;
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
  if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) return true;
  const int flags = fd == STDIN_FILENO ? O_WRONLY : fd == STDOUT_FILENO ? O_RDONLY : O_RDWR;
  // The lowest free number is `fd`, as those below are open. Not O_CLOEXEC: delegates need it, too.
  return retry_interrupted([&] { return open("/dev/null", flags); }) == fd;
}

}  // namespace

void occupy_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (!occupy(fd))
      throw Error{Code::io_failure, "one of stdin, stdout and stderr is closed, and /dev/null cannot be opened"};
  }
}

std::string read_input(const Patience& patience) {
  std::string input;
  std::array<char, 8192> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
  const Deadline whole = Deadline::in(patience.total);
  while (true) {
    const int why = wait_for(STDIN_FILENO, POLLIN, next_deadline(patience, whole));
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
  }
}

void write_output(std::string_view text, const Patience& patience) {
  const Deadline whole = Deadline::in(patience.total);
  while (!text.empty()) {
    if (const int why = wait_for(STDOUT_FILENO, POLLOUT, next_deadline(patience, whole)); why != 0) {
      throw output_failure(why);
    }
    // PIPE_BUF bytes fit without blocking once poll(2) says so; a reader that sleeps cannot hold us.
    const std::size_t size = std::min<std::size_t>(text.size(), PIPE_BUF);
    const ssize_t put = retry_interrupted([&] { return write(STDOUT_FILENO, text.data(), size); });
    if (put < 0 && errno != EAGAIN) throw output_failure(errno);
    if (put > 0) text.remove_prefix(static_cast<std::size_t>(put));
  }
}

void complain(std::string line) {
  line += '\n';
  [[maybe_unused]] const ssize_t ignored =
      retry_interrupted([&] { return write(STDERR_FILENO, line.data(), line.size()); });
}

}  // namespace patchbay::contract::detail
