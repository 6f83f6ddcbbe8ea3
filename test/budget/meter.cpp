// SPDX-License-Identifier: Apache-2.0
#include "test/budget/meter.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>

#include "common/os/unique_fd.hpp"
#include "test/budget/trace.hpp"
#include "test/support/process.hpp"

namespace patchbay::test::budget {

namespace {

using os::UniqueFd;

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

Program under_strace(Program program, const std::string& output) {
  const std::vector<std::string> strace{"strace", "-f", "--decode-fds=socket", "--string-limit=0", "-o", output};
  program.arguments.insert(program.arguments.begin(), strace.begin(), strace.end());
  return program;
}

Ran run_traced(const Program& program, Figures& figures) {
  const std::string output = "/run/trace";
  const Ran ran = run(under_strace(program, output));
  const Calls calls = count_calls(content(output));
  figures = {.execs = calls.execs, .system_calls = calls.system_calls, .netlink = calls.netlink};
  return ran;
}

// A pipe that holds all of it: how often the plugin has to read does not depend on us.
UniqueFd filled_pipe(const std::string& text) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail_errno("pipe2");
  UniqueFd in{ends[0]}, feed{ends[1]};
  if (write(feed.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) fail_errno("write");
  return in;
}

UniqueFd output_file(const std::string& path) {
  UniqueFd file{open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  if (!file) fail_errno("open " + path);
  return file;
}

// fork() would have the child pay for pages of ours; posix_spawn() shares them until exec.
pid_t spawn(const Program& program, const int (&io)[3]) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int i = 0; i < 3; ++i) posix_spawn_file_actions_adddup2(&actions, io[i], i);
  pid_t pid = 0;
  errno = posix_spawn(&pid, program.arguments[0].c_str(), &actions, nullptr, pointers(program.arguments).data(),
                      pointers(program.environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (errno != 0) fail_errno("run " + program.arguments[0]);
  return pid;
}

// While it lives, descendants that outlive their parents become our children: nobody works unseen.
class Subreaper {
 public:
  Subreaper() {
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) fail_errno("subreaper");
  }
  Subreaper(const Subreaper&) = delete;
  Subreaper& operator=(const Subreaper&) = delete;
  ~Subreaper() { prctl(PR_SET_CHILD_SUBREAPER, 0); }
};

Ran run_alone(const Program& program, Figures& figures) {
  const std::string out = "/run/stdout", err = "/run/stderr";
  const Subreaper subreaper;
  const auto in = filled_pipe(program.input);
  const pid_t plugin = spawn(program, {in.get(), output_file(out).get(), output_file(err).get()});
  Ran ran;
  rusage used{};
  for (int status = 0;;) {
    const pid_t ended = wait4(-1, &status, 0, &used);
    if (ended < 0 && errno == ECHILD) break;
    if (ended < 0) fail_errno("wait4");
    if (ended == plugin) ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    figures.page_faults += static_cast<int>(used.ru_minflt);
  }
  ran.out = content(out);
  ran.err = content(err);
  return ran;
}

}  // namespace

void measure(World& world, Way way, Book& book) {
  world.runner = [way, &book](const Call& call, const Program& program) {
    Figures figures;
    const Ran ran = way == Way::traced ? run_traced(program, figures) : run_alone(program, figures);
    Figures& entry = book[call.plugin + " " + call.command];
    entry = sum(entry, figures);
    return ran;
  };
}

void stop_measuring(World& world) { world.runner = nullptr; }

std::optional<std::string> lacks_strace() {
  const Ran ran = run(under_strace({.arguments = {"true"}, .environment = own_environment()}, "/dev/null"));
  if (ran.exit_code == 0) return std::nullopt;
  return "strace cannot trace here: " + ran.err.substr(0, ran.err.find('\n'));
}

}  // namespace patchbay::test::budget
