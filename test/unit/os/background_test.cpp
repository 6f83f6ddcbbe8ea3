// SPDX-License-Identifier: Apache-2.0
// A child that outlives the call: what it holds, how it ends, and when there can be none.
#include "common/os/background.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>

#include "common/base/error.hpp"
#include "test/support/catch.hpp"
#include "test/support/refusing.hpp"

using namespace patchbay;
using os::Background;
using os::UniqueFd;

namespace {

constexpr int kPatience = 5000;  // ms; for what happens at once

bool is_readable(int fd, int milliseconds) {
  pollfd entry{fd, POLLIN, 0};
  return poll(&entry, 1, milliseconds) == 1;
}

// Its exit code, or minus the signal that ended it.
int end_of(const Background& child) {
  REQUIRE(is_readable(child.ended(), kPatience));
  int status = 0;
  REQUIRE(wait(&status) > 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void stay() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) pause();
}

void kill(const Background& child) { REQUIRE(syscall(SYS_pidfd_send_signal, child.ended(), SIGKILL, nullptr, 0) == 0); }

}  // namespace

TEST_CASE("who reads from us sees the end when we close, although a child lives on") {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);  // not even close-on-exec: as stdout is
  const UniqueFd reading{ends[0]};
  UniqueFd writing{ends[1]};
  const Background child = Background::start(stay);
  CHECK_FALSE(is_readable(reading.get(), 0));
  writing.reset();
  REQUIRE(is_readable(reading.get(), kPatience));
  char byte = 0;
  CHECK(read(reading.get(), &byte, 1) == 0);
  CHECK_FALSE(is_readable(child.ended(), 0));
  kill(child);
  CHECK(end_of(child) == -SIGKILL);
}

TEST_CASE("a child holds nothing, not even what is usually open") {
  const UniqueFd high{fcntl(STDERR_FILENO, F_DUPFD, 100)};
  const Background child = Background::start([] {
    for (int fd = 0; fd <= 200; ++fd) {
      if (fcntl(fd, F_GETFD) >= 0) throw std::runtime_error{"open"};
    }
  });
  CHECK(end_of(child) == 0);
}

TEST_CASE("the end of a child can be waited for, and an exception is one") {
  const Background good = Background::start([] {});
  CHECK(end_of(good) == 0);
  const Background bad = Background::start([] { throw Error{Code::internal, "no"}; });
  CHECK(end_of(bad) == 1);
  CHECK(is_readable(bad.ended(), 0));
}

TEST_CASE("a child that cannot let go of our descriptors does nothing") {
  CHECK(test::where_refused({SYS_close_range}, ENOSYS, [] {
          const Background child = Background::start([] { _exit(7); });
          return end_of(child);
        }) == 1);
}

TEST_CASE("when there can be no child, whoever asked is told") {
  CHECK(test::without_children([] {
          try {
            static_cast<void>(Background::start([] {}));
          } catch (const Error& error) {
            return error.code() == Code::io_failure && error.error_number() == EAGAIN ? 0 : 1;
          }
          return 2;
        }) == 0);
  // Nor is a child left behind that cannot be watched.
  CHECK(test::where_refused({SYS_pidfd_open}, EMFILE, [] {
          try {
            static_cast<void>(Background::start(stay));
          } catch (const Error& error) {
            const bool alone = waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD;
            return error.error_number() == EMFILE && alone ? 0 : 1;
          }
          return 2;
        }) == 0);
}
