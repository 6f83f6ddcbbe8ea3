// SPDX-License-Identifier: Apache-2.0
#include "test/support/refusing.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>

#include "test/support/process.hpp"

namespace patchbay::test {

bool refuse(const std::vector<int>& system_calls, int error_number) {
  std::vector<sock_filter> filter{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const int number : system_calls) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error_number)));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

int where_refused(const std::vector<int>& system_calls, int error_number, const std::function<int()>& work) {
  using namespace std::chrono_literals;
  const pid_t pid = fork();
  if (pid < 0) fail_errno("fork");
  if (pid > 0) {
    const int code = reap(pid, 20s);
    if (code < 0) kill(pid, SIGKILL);
    return code < 0 ? reap(pid, 20s) : code;
  }
  int code = 99;
  try {
    if (!refuse(system_calls, error_number)) fail_errno("seccomp");
    code = work();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  _exit(code);
}

int without_children(const std::function<int()>& work) {
  std::vector<int> calls{SYS_clone, SYS_clone3};
#ifdef SYS_fork  // only on the older architectures
  calls.insert(calls.end(), {SYS_fork, SYS_vfork});
#endif
  return where_refused(calls, EAGAIN, work);
}

}  // namespace patchbay::test
