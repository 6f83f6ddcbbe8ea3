// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <chrono>

#include "common/os/file.hpp"
#include "test/unit/os/scratch.hpp"

using namespace std::chrono_literals;
using patchbay::Code;
using patchbay::os::Directory;
using patchbay::os::FileLock;
using patchbay::test::contains;
using patchbay::test::error_of;
using patchbay::test::Scratch;

namespace {

// Another process that holds the lock until it is ended.
class Holder {
 public:
  explicit Holder(const std::string& path) {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    pid_ = fork();
    if (pid_ == 0) {
      const FileLock lock = FileLock::acquire(path, 0600, 0ms);
      if (write(ends[1], "x", 1) != 1) _exit(1);
      while (true) pause();
    }
    char ready = 0;
    close(ends[1]);
    REQUIRE(read(ends[0], &ready, 1) == 1);
    close(ends[0]);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

std::chrono::milliseconds elapsed(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - since);
}

// Runs `work` in another process, `span` from now.
template <typename Work>
pid_t later(std::chrono::milliseconds span, Work&& work) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  poll(nullptr, 0, static_cast<int>(span.count()));
  work();
  _exit(0);
}

}  // namespace

TEST_CASE("a lock is shared by many, and had alone by one") {
  const Scratch scratch;
  const std::string path = scratch / "lock";
  const FileLock one = FileLock::share(path, 0600, 0ms);
  CHECK(one.try_alone());
  CHECK(error_of([&] { FileLock::share(path, 0600, 50ms); }).code() == Code::try_again);
  const FileLock same = FileLock::share(scratch / "other", 0600, 0ms);
  const FileLock another = FileLock::share(scratch / "other", 0600, 0ms);
  CHECK_FALSE(same.try_alone());
}

TEST_CASE("a lock is made, held and released") {
  const Scratch scratch;
  const std::string path = scratch / "lock";
  {
    const FileLock lock = FileLock::acquire(path, 0600, 0ms);
    CHECK(error_of([&] { FileLock::acquire(path, 0600, 0ms); }).code() == Code::try_again);
  }
  CHECK_NOTHROW(FileLock::acquire(path, 0600, 0ms));
  const auto directory = Directory::ensure(scratch.path(), 0755);
  const FileLock lock = FileLock::acquire(directory, "lock", 0600, 0ms);
  CHECK(error_of([&] { FileLock::acquire(path, 0600, 0ms); }).code() == Code::try_again);
}

TEST_CASE("waiting for a lock is bounded, and the holder is named") {
  const Scratch scratch;
  const Holder holder{scratch / "lock"};
  const auto start = std::chrono::steady_clock::now();
  const auto error = error_of([&] { FileLock::acquire(scratch / "lock", 0600, 120ms); });
  CHECK(elapsed(start) >= 120ms);
  CHECK(elapsed(start) < 2s);
  CHECK(error.code() == Code::try_again);
  CHECK(contains(error.summary(), scratch / "lock"));
  CHECK(contains(error.summary(), "process " + std::to_string(holder.pid()) + " (unit_os)"));
  CHECK_FALSE(error.details().empty());
}

TEST_CASE("others who wait are not taken for the holder") {
  const Scratch scratch;
  const Holder holder{scratch / "lock"};
  const pid_t waiter = later(0ms, [&] { FileLock::acquire(scratch / "lock", 0600, 60s); });
  const std::string waits = "-> FLOCK  ADVISORY  WRITE " + std::to_string(waiter) + " ";
  for (int i = 0; i < 500 && !contains(patchbay::os::read_file("/proc/locks", 1U << 20U).value(), waits); ++i) {
    poll(nullptr, 0, 10);
  }
  const auto error = error_of([&] { FileLock::acquire(scratch / "lock", 0600, 10ms); });
  CHECK(contains(error.summary(), std::to_string(holder.pid())));
  CHECK_FALSE(contains(error.summary(), std::to_string(waiter)));
  kill(waiter, SIGKILL);
  waitpid(waiter, nullptr, 0);
}

TEST_CASE("the death of its holder passes the lock on at once") {
  const Scratch scratch;
  const Holder holder{scratch / "lock"};
  const auto start = std::chrono::steady_clock::now();
  const pid_t killer = later(100ms, [&] { kill(holder.pid(), SIGKILL); });
  CHECK_NOTHROW(FileLock::acquire(scratch / "lock", 0600, 20s));
  CHECK(elapsed(start) < 5s);
  waitpid(killer, nullptr, 0);
}

TEST_CASE("other signals do not end the wait, and waiting leaves no trace in the process") {
  const Scratch scratch;
  const Holder holder{scratch / "lock"};
  struct sigaction quiet {};
  quiet.sa_handler = [](int) {};
  struct sigaction before {};
  sigaction(SIGUSR1, &quiet, &before);
  sigset_t mask_before;
  sigprocmask(SIG_SETMASK, nullptr, &mask_before);

  const pid_t us = getpid();
  const auto start = std::chrono::steady_clock::now();
  const pid_t sender = later(50ms, [&] { kill(us, SIGUSR1); });
  CHECK(error_of([&] { FileLock::acquire(scratch / "lock", 0600, 300ms); }).code() == Code::try_again);
  CHECK(elapsed(start) >= 300ms);
  waitpid(sender, nullptr, 0);

  struct sigaction alarm {};
  sigaction(SIGRTMIN, nullptr, &alarm);
  CHECK(alarm.sa_handler == SIG_DFL);
  sigset_t mask_after;
  sigprocmask(SIG_SETMASK, nullptr, &mask_after);
  CHECK(sigismember(&mask_after, SIGRTMIN) == sigismember(&mask_before, SIGRTMIN));
  sigaction(SIGUSR1, &before, nullptr);
}

TEST_CASE("a lock must be a regular file of its own") {
  const Scratch scratch;
  scratch.file("real", "");
  std::filesystem::create_symlink("real", scratch / "link");
  REQUIRE(mkfifo((scratch / "fifo").c_str(), 0600) == 0);
  std::filesystem::create_directory(scratch / "directory");
  for (const std::string name : {"link", "fifo", "directory", "none/lock"}) {
    CAPTURE(name);
    CHECK(error_of([&] { FileLock::acquire(scratch / name, 0600, 0ms); }).code() == Code::io_failure);
  }
}

TEST_CASE("a lock that may only be read is a lock all the same") {
  if (geteuid() == 0) PATCHBAY_SKIP("root may write everything");
  const Scratch scratch;
  scratch.file("lock", "");
  REQUIRE(chmod((scratch / "lock").c_str(), 0400) == 0);
  const FileLock lock = FileLock::acquire(scratch / "lock", 0600, 0ms);
  CHECK(error_of([&] { FileLock::acquire(scratch / "lock", 0600, 0ms); }).code() == Code::try_again);
}

TEST_CASE("a lock is not inherited by what we execute") {
  const Scratch scratch;
  const FileLock lock = FileLock::acquire(scratch / "lock", 0600, 0ms);
  const std::string command = "flock --nonblock " + (scratch / "lock") +
                              " true; test $? -eq 1 && ! ls -l /proc/$$/fd | grep -q " + (scratch / "lock");
  CHECK(std::system(command.c_str()) == 0);
}
