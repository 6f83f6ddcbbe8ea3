// SPDX-License-Identifier: Apache-2.0
// run() as a process sees it: in a child, with descriptors 0 to 2 of the test's choosing.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>

#include <functional>

#include "common/contract/run.hpp"
#include "test/unit/contract/support.hpp"

namespace patchbay::test {

struct Ran {
  int exit_code = -1;
  std::string out, err;
  std::string calls;  // verbs that the plugin was asked for
};

inline int calls_fd = -1;
inline void called(std::string_view verb) {
  static_cast<void>(!write(calls_fd, verb.data(), verb.size()));
  static_cast<void>(!write(calls_fd, " ", 1));
}

inline contract::Result empty_add(const contract::Request& /*request*/) {
  called("add");
  return {.interfaces = {{.name = "eth0"}}};
}
template <char Letter>
void verb(const contract::Request& request) {
  called(std::string{Letter} + ":" + std::string{contract::to_string(request.command)});
}

inline contract::Plugin plugin() {
  return {.name = "veth",
          .description = "a test",
          .add = empty_add,
          .del = verb<'d'>,
          .check = verb<'c'>,
          .gc = verb<'g'>,
          .status = verb<'s'>};
}

struct Setting {
  std::string input = R"({"name":"net","cniVersion":"1.1.0"})";
  std::vector<std::string> arguments{"/opt/cni/bin/veth"};
  std::function<void()> prepare = [] {};  // in the child, when its descriptors are in place
};

inline std::string content(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

inline Ran run_plugin(const Variables::List& variables, const contract::Plugin& tested = plugin(),
                      Setting setting = {}) {
  const Scratch scratch;
  scratch.file("in", setting.input);
  const pid_t pid = fork();
  if (pid == 0) {
    const Variables environment{variables};
    const auto put = [&](int target, const char* name, int flags) {
      const int fd = open((scratch / name).c_str(), flags | O_CLOEXEC, 0644);
      dup2(fd, target);
    };
    put(0, "in", O_RDONLY);
    put(1, "out", O_WRONLY | O_CREAT);
    put(2, "err", O_WRONLY | O_CREAT);
    calls_fd = open((scratch / "calls").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    setting.prepare();
    std::vector<char*> arguments;
    for (std::string& argument : setting.arguments) arguments.push_back(argument.data());
    _exit(contract::run(tested, static_cast<int>(arguments.size()), arguments.data()));
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
          .out = content(scratch / "out"),
          .err = content(scratch / "err"),
          .calls = content(scratch / "calls")};
}

inline Variables::List with_command(const std::string& command) { return Variables::complete_but("COMMAND", command); }

}  // namespace patchbay::test
