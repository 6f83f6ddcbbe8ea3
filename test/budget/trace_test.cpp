// SPDX-License-Identifier: Apache-2.0
// Lines as strace 6.1 wrote them.
#include "test/budget/trace.hpp"

#include "test/support/catch.hpp"

using patchbay::test::budget::count_calls;

TEST_CASE("every call counts, whatever it returns, and ends do not") {
  const auto calls = count_calls(R"(22809 execve("/usr/bin/sh", [...], 0x7ffd44f56fc8 /* 39 vars */) = 0
22809 brk(NULL)                         = 0x55c1b6f58000
22809 access("/etc/ld.so.preload", R_OK) = -1 ENOENT (No such file or directory)
22809 exit_group(3)                     = ?
22809 +++ exited with 3 +++
)");
  CHECK(calls.system_calls == 4);
  CHECK(calls.execs == 1);
  CHECK(calls.netlink == 0);
}

TEST_CASE("a call that another process interrupts on paper is one call") {
  const auto calls = count_calls(R"(22809 vfork( <unfinished ...>
22810 execve("/usr/bin/env", [...], 0x55c1b6f59d88 /* 39 vars */ <unfinished ...>
22809 <... vfork resumed>)              = 22810
22809 wait4(-1,  <unfinished ...>
22810 <... execve resumed>)             = 0
22810 exit_group(0)                     = ?
22810 +++ exited with 0 +++
22809 <... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 22810
)");
  CHECK(calls.system_calls == 4);
  CHECK(calls.execs == 1);
}

TEST_CASE("only programs that were found are execs") {
  const auto calls = count_calls(
      R"(22810 execve("/nowhere/true", [...], 0x7ffc014d3050 /* 39 vars */) = -1 ENOENT (No such file or directory)
22810 execve("/nowhere/bin/true", [...], 0x7ffc014d3050 /* 39 vars */ <unfinished ...>
22810 <... execve resumed>)             = -1 ENOENT (No such file or directory)
22810 execve("/usr/bin/true", [...], 0x7ffc014d3050 /* 39 vars */) = 0
)");
  CHECK(calls.system_calls == 3);
  CHECK(calls.execs == 1);
}

TEST_CASE("signals and violent ends are no calls") {
  const auto calls = count_calls(R"(22811 kill(22812, SIGUSR1)               = 0
22812 --- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER, si_pid=22811, si_uid=0} ---
22812 +++ killed by SIGUSR1 +++
22811 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=22812, si_uid=0, si_status=SIGUSR1, si_utime=0, si_stime=0} ---
)");
  CHECK(calls.system_calls == 1);
}

TEST_CASE("what is sent by netlink is a round trip, what is received or sent elsewhere is none") {
  const auto calls = count_calls(
      R"(22818 socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) = 3<NETLINK:[82525]>
22818 bind(3<NETLINK:[82525]>, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, 12) = 0
22818 sendto(3<NETLINK:[ROUTE:22818]>, ..., 32, 0, NULL, 0) = 32
22818 recvmsg(3<NETLINK:[82525]>, {msg_name={sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, msg_namelen=12, msg_iov=[...], msg_iovlen=1, msg_controllen=0, msg_flags=0}, 0) = 52
22818 sendmsg(14<NETLINK:[82526]>, {msg_name={sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, msg_namelen=12, msg_iov=[...], msg_iovlen=1, msg_controllen=0, msg_flags=0} <unfinished ...>
22818 <... sendmsg resumed>, 0)         = 48
22818 sendto(9<socket:[50551]>, ..., 42, 0, {sa_family=AF_PACKET, sll_protocol=htons(ETH_P_ARP)}, 20) = 42
22818 write(1, ..., 660)                = 660
)");
  CHECK(calls.netlink == 2);
  CHECK(calls.system_calls == 7);
}

TEST_CASE("a trace without process numbers, or without an end, is read as well") {
  CHECK(count_calls("getpid()                                = 22818\nexit_group(0)                     = ?")
            .system_calls == 2);
  CHECK(count_calls("").system_calls == 0);
}

TEST_CASE("a line that is not understood is not passed over") {
  CHECK_THROWS_WITH(count_calls("strace: Process 22818 attached\n"), Catch::Contains("Process 22818 attached"));
  CHECK_THROWS_WITH(count_calls("22818 <... detached ...>\n"), Catch::Contains("detached"));
}
