// SPDX-License-Identifier: Apache-2.0
#include "test/hostile/system_calls.hpp"

#include <sys/syscall.h>

#include <cerrno>
#include <map>
#include <stdexcept>

namespace patchbay::test::hostile {

std::vector<int> system_calls(const std::string& name) {
  static const std::map<std::string, std::vector<int>> kCalls{
      {"bind", {SYS_bind}},
      {"clock_gettime", {SYS_clock_gettime}},
      {"close_range", {SYS_close_range}},
      {"execveat", {SYS_execveat}},
      {"fcntl", {SYS_fcntl}},
      {"flock", {SYS_flock}},
      {"fork",
       {SYS_clone, SYS_clone3
#ifdef SYS_fork  // only on the older architectures
        ,
        SYS_fork, SYS_vfork
#endif
       }},
      {"fstatfs", {SYS_fstatfs}},
      {"getrandom", {SYS_getrandom}},
      {"getsockname", {SYS_getsockname}},
      {"ioctl", {SYS_ioctl}},
      {"linkat", {SYS_linkat}},
      {"memfd_create", {SYS_memfd_create}},
      {"mkdir",
       {SYS_mkdirat
#ifdef SYS_mkdir
        ,
        SYS_mkdir
#endif
       }},
      {"pidfd_open", {SYS_pidfd_open}},
      {"pidfd_send_signal", {SYS_pidfd_send_signal}},
      {"pipe2", {SYS_pipe2}},
      {"prctl", {SYS_prctl}},
      {"pread64", {SYS_pread64}},
      {"pwrite64", {SYS_pwrite64}},
      {"readlink",
       {SYS_readlinkat
#ifdef SYS_readlink
        ,
        SYS_readlink
#endif
       }},
      {"recvmsg", {SYS_recvmsg, SYS_recvfrom, SYS_recvmmsg}},
      {"rename",
       {SYS_renameat2
#ifdef SYS_renameat
        ,
        SYS_renameat
#endif
#ifdef SYS_rename
        ,
        SYS_rename
#endif
       }},
      {"rt_sigpending", {SYS_rt_sigpending}},
      {"sendmsg", {SYS_sendmsg, SYS_sendto, SYS_sendmmsg}},
      {"setns", {SYS_setns}},
      {"setsockopt", {SYS_setsockopt}},
      {"socket", {SYS_socket}},
      {"timer_create", {SYS_timer_create}},
      {"unlink",
       {SYS_unlinkat
#ifdef SYS_unlink
        ,
        SYS_unlink
#endif
       }},
  };
  const auto found = kCalls.find(name);
  if (found == kCalls.end()) throw std::runtime_error{"no system call of the tables: " + name};
  return found->second;
}

int error_number(const std::string& name) {
  static const std::map<std::string, int> kErrors{
      {"EPERM", EPERM}, {"ENOSYS", ENOSYS}, {"EAGAIN", EAGAIN}, {"ENOMEM", ENOMEM}, {"EACCES", EACCES}};
  const auto found = kErrors.find(name);
  if (found == kErrors.end()) throw std::runtime_error{"no errno of the tables: " + name};
  return found->second;
}

}  // namespace patchbay::test::hostile
