// SPDX-License-Identifier: Apache-2.0
// stdin, read to its end and no further, whatever it is and however it comes.
#include "common/contract/detail/standard_io.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <string>

#include "common/os/unique_fd.hpp"
#include "test/unit/contract/run_support.hpp"

using namespace patchbay::contract;
using namespace patchbay::test;
using patchbay::os::UniqueFd;

namespace {

std::string text_of(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i / 7 % 26);
  return text;
}

struct Pipe {
  UniqueFd reading, writing;
  explicit Pipe(int capacity = 1 << 16) {
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    reading = UniqueFd{ends[0]};
    writing = UniqueFd{ends[1]};
    REQUIRE(fcntl(writing.get(), F_SETPIPE_SZ, capacity) >= capacity);
  }
};

// A process whose stdin this is starts as run() does, and reads it. Exit code 0: it is `expected`, and soon.
void require_read(UniqueFd& input, const std::string& expected) {
  std::fflush(nullptr);
  const pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    dup2(input.get(), STDIN_FILENO);
    input.reset();
    try {
      detail::occupy_standard_descriptors();
      const std::string read =
          detail::read_input({.silence = std::chrono::seconds{5}, .total = std::chrono::seconds{5}});
      _exit(read == expected ? 0 : 1);
    } catch (const patchbay::Error&) {
      _exit(2);
    }
  }
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  CHECK(status == 0);
}

void put(const UniqueFd& to, std::string_view text) {
  REQUIRE(write(to.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

const auto kSizes = {0, 1, 8191, 8192, 8193, 16384, 100000};

}  // namespace

TEST_CASE("what a writer has left in a pipe is read whole") {
  const auto size = static_cast<std::size_t>(GENERATE(values(kSizes)));
  CAPTURE(size);
  Pipe pipe{1 << 18};
  put(pipe.writing, text_of(size));
  pipe.writing.reset();
  require_read(pipe.reading, text_of(size));
}

TEST_CASE("a file is read whole") {
  const auto size = static_cast<std::size_t>(GENERATE(values(kSizes)));
  CAPTURE(size);
  const Scratch scratch;
  scratch.file("in", text_of(size));
  UniqueFd file{open((scratch / "in").c_str(), O_RDONLY | O_CLOEXEC)};
  require_read(file, text_of(size));
}

TEST_CASE("a writer may pause, and may still have more when it seems to have said all") {
  const auto first = static_cast<std::size_t>(GENERATE(0, 1, 8191, 8192, 8193));
  CAPTURE(first);
  Pipe pipe;
  put(pipe.writing, text_of(first));
  const pid_t writer = fork();
  REQUIRE(writer >= 0);
  if (writer == 0) {
    usleep(100'000);
    const std::string rest = text_of(first + 9000).substr(first);
    _exit(write(pipe.writing.get(), rest.data(), rest.size()) == 9000 ? 0 : 1);
  }
  pipe.writing.reset();
  require_read(pipe.reading, text_of(first + 9000));
  int status = 0;
  REQUIRE(waitpid(writer, &status, 0) == writer);
  CHECK(status == 0);
}

TEST_CASE("a termination signal ends an ADD that waits for its stdin") {
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    CAPTURE(number);
    const Pipe pipe;
    const auto stdin_is_silent_and_we_are_told_to_end = [&] {
      dup2(pipe.reading.get(), STDIN_FILENO);
      std::signal(number, SIG_DFL);  // Catch has handlers of its own
      const pid_t waiting = getpid();
      if (fork() > 0) return;
      usleep(100'000);
      _exit(kill(waiting, number) == 0 ? 0 : 1);
    };
    const Ran ran = run_plugin(with_command("ADD"), plugin(), {.prepare = stdin_is_silent_and_we_are_told_to_end});
    CHECK(ran.exit_code == -number);
    CHECK(ran.calls.empty());
    CHECK(ran.out.empty());
  }
}
