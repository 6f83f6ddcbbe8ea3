// SPDX-License-Identifier: Apache-2.0
// Programs that hang, flood, die or never begin.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "common/os/spawn.hpp"
#include "test/unit/base/stderr_capture.hpp"
#include "test/unit/os/script.hpp"

using namespace std::chrono_literals;
using patchbay::Code;
using patchbay::os::Child;
using patchbay::os::Command;
using patchbay::os::Outcome;
using patchbay::os::UniqueFd;
using patchbay::test::contains;
using patchbay::test::content_of;
using patchbay::test::elapsed;
using patchbay::test::error_of;
using patchbay::test::is_alive;
using patchbay::test::make_fifo;
using patchbay::test::Script;

TEST_CASE("input that nobody reads neither stops nor kills us") {
  const std::string input(1U << 20U, 'x');
  CHECK(Script{"exec <&-; echo done"}.run(input).output == "done\n");
  CHECK(Script{"exit 3"}.run(input).exit_code == 3);
  CHECK(Script{"head -c 1; exec 0<&-; echo y"}.run(input).output == "xy\n");
}

TEST_CASE("a program is killed when patience runs out") {
  const Script script{"echo $$; echo before >&2; exec sleep 1000"};
  Command command = script.command();
  command.patience = 300ms;
  patchbay::test::StderrCapture capture;
  const auto start = std::chrono::steady_clock::now();
  const Outcome outcome = Child::start(command).finish();
  CHECK(elapsed(start) >= 300ms);
  CHECK(elapsed(start) < 5s);
  CHECK(outcome.timed_out);
  CHECK(outcome.signal == SIGKILL);
  CHECK(outcome.exit_code == -1);
  CHECK(outcome.errors == "before\n");
  CHECK(capture.text() == "before\n");
  CHECK_FALSE(is_alive(std::stoi(outcome.output)));
}

TEST_CASE("a program that closes its output and stays is still bounded") {
  const Script script{"exec >&- 2>&- sleep 1000"};
  Command command = script.command();
  command.patience = 200ms;
  CHECK(Child::start(command).finish().timed_out);
}

TEST_CASE("too much output ends the program") {
  const Script script{"while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done"};
  Command command = script.command();
  command.output_limit = 10000;
  const Outcome outcome = Child::start(command).finish();
  CHECK(outcome.too_much_output);
  CHECK_FALSE(outcome.timed_out);
  CHECK(outcome.output.size() > 10000);
  CHECK(outcome.output.size() < 200000);
}

TEST_CASE("as much output as allowed is allowed") {
  const Script script{"head -c 10000 /dev/zero"};
  Command command = script.command();
  command.output_limit = 10000;
  const Outcome outcome = Child::start(command).finish();
  CHECK_FALSE(outcome.too_much_output);
  CHECK(outcome.output.size() == 10000);
}

TEST_CASE("a grandchild that keeps the pipes open is not waited for") {
  const Script script{"sleep 1000 & echo $!; echo oops >&2"};
  patchbay::test::StderrCapture capture;
  const auto start = std::chrono::steady_clock::now();
  const Outcome outcome = script.run();
  CHECK(elapsed(start) < 5s);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.errors == "oops\n");
  const pid_t grandchild = std::stoi(outcome.output);
  CHECK(is_alive(grandchild));
  kill(grandchild, SIGKILL);
}

TEST_CASE("a grandchild that never stops talking is not listened to for ever") {
  const Script script{"(while :; do echo noise; echo noise >&2; done) & echo $! > \"$0.pid\""};
  Command command = script.command();
  command.patience = 20s;
  patchbay::test::StderrCapture capture;
  const auto start = std::chrono::steady_clock::now();
  const Outcome outcome = Child::start(command).finish();
  CHECK(elapsed(start) < 10s);
  CHECK_FALSE(outcome.timed_out);
  kill(std::stoi(content_of(script.path() + ".pid")), SIGKILL);
}

TEST_CASE("of many words on stderr the first are kept, all are passed through") {
  const Script script{"head -c 20000 /dev/zero | tr '\\0' e >&2"};
  patchbay::test::StderrCapture capture;
  const Outcome outcome = script.run();
  CHECK(outcome.errors == std::string(4096, 'e'));
  CHECK(capture.text() == std::string(20000, 'e'));
}

TEST_CASE("what cannot be executed is an error with its reason") {
  const Script no_program{"", "this is no program\n"};
  auto error = error_of([&] { static_cast<void>(no_program.run()); });
  CHECK(error.code() == Code::delegate_failed);
  CHECK(error.error_number() == ENOEXEC);
  CHECK(contains(error.summary(), no_program.path()));

  const Script no_interpreter{"", "#!/no/such/interpreter\n"};
  CHECK(error_of([&] { static_cast<void>(no_interpreter.run()); }).error_number() == ENOENT);

  const Script forbidden{"true"};
  chmod(forbidden.path().c_str(), 0644);
  CHECK(error_of([&] { static_cast<void>(forbidden.run("input")); }).error_number() == EACCES);
}

TEST_CASE("a program that is being written is waited for") {
  const Script script{"echo ready"};
  const int writer = open(script.path().c_str(), O_WRONLY | O_CLOEXEC);
  REQUIRE(writer >= 0);
  Child child = Child::start(script.command());
  poll(nullptr, 0, 50);
  close(writer);
  CHECK(child.finish().output == "ready\n");
}

TEST_CASE("a program that stays busy is given up") {
  const Script script{"echo ready"};
  const UniqueFd writer{open(script.path().c_str(), O_WRONLY | O_CLOEXEC)};
  CHECK(error_of([&] { static_cast<void>(script.run()); }).error_number() == ETXTBSY);
}

TEST_CASE("a child that nobody finishes is ended") {
  const Script script{"echo $$ > \"$0.pid\"; exec sleep 1000"};
  const std::string fifo = make_fifo(script);
  pid_t pid = 0;
  {
    const Child child = Child::start(script.command());
    pid = std::stoi(content_of(fifo));
    CHECK(is_alive(pid));
  }
  CHECK_FALSE(is_alive(pid));
}

TEST_CASE("a child dies with us") {
  const Script script{"echo $$ > \"$0.pid\"; exec sleep 1000"};
  const std::string fifo = make_fifo(script);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t parent = fork();
  if (parent == 0) {
    const Child child = Child::start(script.command());
    while (true) pause();
  }
  const pid_t pid = std::stoi(content_of(fifo));
  kill(parent, SIGKILL);
  CHECK(waitpid(parent, nullptr, 0) == parent);
  int status = 0;
  CHECK(waitpid(pid, &status, 0) == pid);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGKILL);
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}
