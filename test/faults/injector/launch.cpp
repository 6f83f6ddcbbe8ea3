// SPDX-License-Identifier: Apache-2.0
#include "test/faults/injector/launch.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <stdexcept>

namespace patchbay::faults {
namespace {

using os::UniqueFd;

std::vector<sock_filter> filter_for(const std::vector<long>& watched) {
  std::vector<sock_filter> filter{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const long number : watched) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  return filter;
}

// Without PR_SET_NO_NEW_PRIVS where possible, which would change what a delegate may do.
bool install(std::vector<sock_filter>& filter) {
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0) return true;
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

struct Files {
  UniqueFd in, out, err;
};

[[noreturn]] void become(const test::Program& program, const Files& files, std::vector<sock_filter>& filter,
                         char** arguments, char** environment) {
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  bool ready = program.netns < 0 || setns(program.netns, CLONE_NEWNET) == 0;
  const std::array ends{files.in.get(), files.out.get(), files.err.get()};
  for (int fd = 0; fd < 3; ++fd) ready = ready && dup2(ends[static_cast<std::size_t>(fd)], fd) == fd;
  ready = ready && ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 && raise(SIGSTOP) == 0 && install(filter);
  if (ready) execve(arguments[0], arguments, environment);
  dprintf(STDERR_FILENO, "cannot trace %s: %s\n", arguments[0], strerrorname_np(errno));
  _exit(127);
}

UniqueFd memory_file(const char* name) {
  UniqueFd low{memfd_create(name, MFD_CLOEXEC)};
  // out of the way of 0 to 2, whatever we were started with
  UniqueFd file{low ? fcntl(low.get(), F_DUPFD_CLOEXEC, 10) : -1};
  if (!file) test::fail_errno("memfd_create");
  return file;
}

// As from a runtime, by a pipe; what does not fit into one would need somebody to feed it.
UniqueFd pipe_with(const std::string& input) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) test::fail_errno("pipe2");
  UniqueFd read_end{fcntl(ends[0], F_DUPFD_CLOEXEC, 10)};
  const UniqueFd low{ends[0]}, write_end{ends[1]};
  if (!read_end || fcntl(read_end.get(), F_SETFL, 0) != 0) test::fail_errno("fcntl");
  if (::write(write_end.get(), input.data(), input.size()) != static_cast<ssize_t>(input.size())) {
    throw std::runtime_error{"input that does not fit into a pipe"};
  }
  return read_end;
}

}  // namespace

Launched launch(const test::Program& program, const std::vector<long>& watched) {
  const Files files{.in = pipe_with(program.input), .out = memory_file("stdout"), .err = memory_file("stderr")};
  auto filter = filter_for(watched);
  auto arguments = test::pointers(program.arguments), environment = test::pointers(program.environment);
  const pid_t pid = fork();
  if (pid < 0) test::fail_errno("fork");
  if (pid == 0) become(program, files, filter, arguments.data(), environment.data());
  setpgid(pid, pid);  // here too: whoever comes first
  int status = 0;
  if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)) {
    throw std::runtime_error{"it cannot be traced: " + content_of(files.err)};
  }
  constexpr long kOptions = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                            PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;
  if (ptrace(PTRACE_SETOPTIONS, pid, nullptr, kOptions) != 0) test::fail_errno("PTRACE_SETOPTIONS");
  return {pid, UniqueFd{dup(files.out.get())}, UniqueFd{dup(files.err.get())}};
}

std::string content_of(const UniqueFd& file) {
  struct stat status {};
  if (fstat(file.get(), &status) != 0) test::fail_errno("fstat");
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  const auto size = pread(file.get(), text.data(), text.size(), 0);
  text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return text;
}

}  // namespace patchbay::faults
