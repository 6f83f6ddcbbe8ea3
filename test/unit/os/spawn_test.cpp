// SPDX-License-Identifier: Apache-2.0
// What a program gets and gives.
#include "common/os/spawn.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/unit/os/script.hpp"

using patchbay::os::Child;
using patchbay::os::Command;
using patchbay::os::Outcome;
using patchbay::os::UniqueFd;
using patchbay::test::content_of;
using patchbay::test::Script;

TEST_CASE("a program gets its input and environment, and gives output and exit code") {
  const Script script{"cat; echo \"$CNI_COMMAND:$0\"; exit 7"};
  Command command = script.command("hello\n");
  command.environment.emplace_back("CNI_COMMAND=ADD");
  const Outcome outcome = Child::start(command).finish();
  CHECK(outcome.output == "hello\nADD:" + script.path() + "\n");
  CHECK(outcome.exit_code == 7);
  CHECK(outcome.signal == 0);
  CHECK(outcome.errors.empty());
  CHECK_FALSE(outcome.timed_out);
  CHECK_FALSE(outcome.too_much_output);
}

TEST_CASE("a binary runs by its descriptor, whatever the path says by now") {
  const UniqueFd fd{open("/bin/cat", O_RDONLY | O_CLOEXEC)};
  const Outcome outcome =
      Child::start({.executable = fd.get(), .path = "/nowhere/cat", .environment = {}, .input = "by descriptor"})
          .finish();
  CHECK(outcome.output == "by descriptor");
  CHECK(outcome.exit_code == 0);
}

TEST_CASE("a program sees the environment that it was given and nothing else") {
  const UniqueFd fd{open("/usr/bin/env", O_PATH | O_CLOEXEC)};
  const Outcome outcome =
      Child::start({.executable = fd.get(), .path = "env", .environment = {"A=1", "B=x y"}, .input = {}}).finish();
  CHECK(outcome.output == "A=1\nB=x y\n");
}

TEST_CASE("a program inherits no descriptors but 0 to 2") {
  const int leaky = open("/dev/null", O_RDONLY);  // without O_CLOEXEC, as a runtime may leave them
  REQUIRE(leaky >= 0);
  const int far = fcntl(leaky, F_DUPFD, 700);
  const Script script{"ls /proc/$$/fd"};
  const std::string seen = script.run().output;
  close(leaky);
  close(far);
  // 10 is the script itself, as the shell reads it.
  CHECK((seen == "0\n1\n2\n" || seen == "0\n1\n10\n2\n"));
}

TEST_CASE("input can be opened again by name") {
  const Script script{"cat /dev/stdin"};
  CHECK(script.run("again").output == "again");
}

TEST_CASE("input and output larger than any pipe go through") {
  std::string input;
  for (int i = 0; input.size() < (1U << 20U) - 10; ++i) input += std::to_string(i) + "\n";
  const Script script{"cat"};
  const Outcome outcome = script.run(input);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.output == input);
}

TEST_CASE("a program that a signal ends is told apart from one that exits") {
  const Outcome outcome = Script{"kill -USR1 $$"}.run();
  CHECK(outcome.exit_code == -1);
  CHECK(outcome.signal == SIGUSR1);
}

TEST_CASE("the exit code is known even when we ignore SIGCHLD") {
  const auto before = signal(SIGCHLD, SIG_IGN);
  const Outcome outcome = Script{"exit 5"}.run();
  signal(SIGCHLD, before);
  CHECK(outcome.exit_code == 5);
}

TEST_CASE("a program starts with no signal blocked, and with none ignored that only we ignore") {
  // "exec": a shell that waits blocks signals of its own accord.
  const Script script{"exec grep -E 'Sig(Blk|Ign)' /proc/self/status"};
  const auto before = signal(SIGPIPE, SIG_DFL);
  std::string ignored = content_of("/proc/self/status");
  ignored = ignored.substr(ignored.find("SigIgn"), std::string_view{"SigIgn:\t0000000000000000\n"}.size());
  signal(SIGPIPE, SIG_IGN);
  sigset_t all;
  sigset_t mask_before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &mask_before);
  const Outcome outcome = script.run();
  sigprocmask(SIG_SETMASK, &mask_before, nullptr);
  signal(SIGPIPE, before);
  CHECK(outcome.output == "SigBlk:\t0000000000000000\n" + ignored);
}

TEST_CASE("several children at once do not hold each other's pipes") {
  const Script cat{"cat"};
  Child one = Child::start(cat.command("one"));
  Child two = Child::start(cat.command("two"));
  CHECK(one.finish().output == "one");
  CHECK(two.finish().output == "two");
}

TEST_CASE("a parent without standard descriptors can still run a program") {
  const Script script{"cat; echo out; echo err >&2"};
  const pid_t pid = fork();
  if (pid == 0) {
    close(0);
    close(1);
    close(2);
    const Outcome outcome = script.run("in ");
    _exit(outcome.output == "in out\n" && outcome.errors == "err\n" && outcome.exit_code == 0 ? 42 : 43);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 42);
}
