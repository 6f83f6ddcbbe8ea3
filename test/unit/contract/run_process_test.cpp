// SPDX-License-Identifier: Apache-2.0
// run() in a hostile process: descriptors that fail, input that does not end, signals.
#include <sys/stat.h>

#include <csignal>

#include "common/contract/detail/standard_io.hpp"
#include "common/os/unique_fd.hpp"
#include "test/unit/contract/run_support.hpp"

using namespace patchbay::contract;
using namespace patchbay::test;
using patchbay::Code;
using patchbay::Error;
using patchbay::os::UniqueFd;

TEST_CASE("An ADD whose result cannot be handed over is taken back") {
  struct Case {
    std::string what;
    std::function<void()> spoil;
    std::string says;
  };
  const auto test = GENERATE(values<Case>({
      {"full", [] { dup2(open("/dev/full", O_WRONLY | O_CLOEXEC), 1); }, "No space left on device (ENOSPC)"},
      {"closed", [] { close(1); }, "Bad file descriptor (EBADF)"},
      {"nobody reads",
       [] {
         int ends[2];
         if (pipe(ends) != 0) _exit(99);
         dup2(ends[1], 1);
         close(ends[0]);
         close(ends[1]);
         std::signal(SIGPIPE, SIG_DFL);
       },
       "Broken pipe (EPIPE)"},
  }));
  CAPTURE(test.what);
  const Ran ran = run_plugin(with_command("ADD"), plugin(), {.prepare = test.spoil});
  CHECK(ran.exit_code == 1);
  CHECK(ran.calls == "add d:DEL ");
  CHECK(ran.err == "error writing to stdout: " + test.says + "\n");
}

TEST_CASE("A result that the version cannot express is taken back, too") {
  const Ran ran = run_plugin(with_command("ADD"), plugin(), {.input = R"({"name":"n","cniVersion":"0.2.0"})"});
  CHECK(ran.exit_code == 1);
  CHECK(ran.calls == "add d:DEL ");
  CHECK(contains(ran.out, "cannot convert: no valid IP addresses"));
}

TEST_CASE("When taking back fails, stderr says so and the first error stays") {
  Plugin tested = plugin();
  tested.del = [](const Request&) { throw Error{Code::leftover, "stuck"}.hint("pull"); };
  const Ran ran = run_plugin(with_command("ADD"), tested, {.input = R"({"name":"n","cniVersion":"0.2.0"})"});
  CHECK(contains(ran.out, "cannot convert"));
  CHECK(ran.err == "undo of ADD failed: stuck (hint: pull)\n");
}

TEST_CASE("An error that cannot be printed goes to stderr") {
  const Ran ran = run_plugin({{"COMMAND", "ADD"}}, plugin(), {.prepare = [] { close(1); }});
  CHECK(ran.exit_code == 1);
  CHECK(contains(ran.err, "required env variables"));
}

TEST_CASE("A closed stdin is an I/O failure, and its number is not used for anything else") {
  Plugin tested = plugin();
  const Ran ran = run_plugin(with_command("DEL"), tested, {.prepare = [] { close(0); }});
  CHECK(contains(ran.out, "\"code\": 5,\n    \"msg\": \"error reading from stdin: Bad file descriptor (EBADF)\""));
  tested.del = [](const Request&) { called(open("/dev/null", O_RDONLY | O_CLOEXEC) > 2 ? "above" : "below"); };
  CHECK(run_plugin(with_command("DEL"), tested, {.prepare = [] { close(2); }}).calls == "above ");
}

TEST_CASE("stdin is bounded in size") {
  const std::string start = R"({"name":"n","cniVersion":"1.1.0"})";
  const auto ran = [&](std::size_t size) {
    return run_plugin(with_command("DEL"), plugin(), {.input = start + std::string(size - start.size(), ' ')});
  };
  CHECK(ran(kMaxInput).exit_code == 0);
  CHECK(contains(ran(kMaxInput + 1).out, "\"code\": 5"));
}

TEST_CASE("stdin that does not end is not waited for without limit") {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd reading{ends[0]};
  const UniqueFd writing{ends[1]};
  const UniqueFd saved{fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)};
  REQUIRE(write(writing.get(), "{", 1) == 1);
  REQUIRE(dup2(reading.get(), STDIN_FILENO) == STDIN_FILENO);
  using std::chrono::milliseconds;
  const auto silence =
      error_of([] { detail::read_input({.silence = milliseconds{30}, .total = milliseconds{10000}}); });
  const auto total = error_of([] { detail::read_input({.silence = milliseconds{10000}, .total = milliseconds{30}}); });
  dup2(saved.get(), STDIN_FILENO);
  for (const auto& error : {silence, total}) {
    CHECK(error.code() == Code::io_failure);
    CHECK(contains(error.details(), "hint: "));
  }
}

TEST_CASE("A reader that sleeps does not hold us") {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd reading{ends[0]};
  const UniqueFd writing{ends[1]};
  const UniqueFd saved{fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)};
  std::fflush(stdout);
  REQUIRE(dup2(writing.get(), STDOUT_FILENO) == STDOUT_FILENO);
  Code code{};
  try {
    detail::write_output(std::string(1 << 20, 'x'), {.silence = std::chrono::milliseconds{30}});
  } catch (const Error& error) {
    code = error.code();
  }
  dup2(saved.get(), STDOUT_FILENO);
  CHECK(code == Code::io_failure);
}

TEST_CASE("A termination signal during ADD is an error at the next safe point") {
  Plugin tested = plugin();
  tested.add = [](const Request&) -> Result {
    stop_if_asked();
    called("before");
    std::raise(SIGTERM);
    called("after");
    stop_if_asked();
    called("never");
    return {};
  };
  const Ran ran = run_plugin(with_command("ADD"), tested);
  CHECK(ran.exit_code == 1);
  CHECK(ran.calls == "before after ");
  CHECK(contains(ran.out, "\"code\": 11,\n    \"msg\": \"stopped by SIGTERM\""));
}

TEST_CASE("A signal that came too late does not spoil a finished ADD") {
  Plugin tested = plugin();
  tested.add = [](const Request& request) {
    std::raise(SIGINT);
    return empty_add(request);
  };
  CHECK(run_plugin(with_command("ADD"), tested).exit_code == 0);
}

TEST_CASE("Signals that were ignored stay ignored, other verbs end by them") {
  Plugin tested = plugin();
  tested.add = [](const Request& request) {
    std::raise(SIGHUP);
    stop_if_asked();
    return empty_add(request);
  };
  CHECK(run_plugin(with_command("ADD"), tested, {.prepare = [] { std::signal(SIGHUP, SIG_IGN); }}).exit_code == 0);
  tested.del = [](const Request&) { std::raise(SIGTERM); };
  CHECK(run_plugin(with_command("DEL"), tested).exit_code == -SIGTERM);
}

TEST_CASE("Files are created with the modes that are asked for, but never writable for others") {
  Plugin tested = plugin();
  tested.del = [](const Request&) {
    const mode_t mask = umask(0);
    called(mask == 022 ? "022" : "other");
  };
  CHECK(run_plugin(with_command("DEL"), tested, {.prepare = [] { umask(0); }}).calls == "022 ");
}
