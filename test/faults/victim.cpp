// SPDX-License-Identifier: Apache-2.0
// Makes known system calls and tells what came of them, for the tests of the injector.
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

namespace {

void tell(const char* what, long result) {
  std::printf("%s %s\n", what, result < 0 ? strerrorname_np(errno) : std::to_string(result).c_str());
  std::fflush(stdout);
}

int files(const char* directory) {
  if (chdir(directory) != 0) return 1;
  for (const char* name : {"a", "b", "c"}) {
    const int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    tell(name, fd < 0 ? -1 : 0);
    if (fd < 0) continue;
    tell("write", write(fd, "four", 4));
    close(fd);
  }
  return 0;
}

// Two requests in one datagram: lo up, twice. Returns how the kernel answered each.
int links() {
  struct {
    nlmsghdr header;
    ifinfomsg link;
  } request{};
  request.header = {.nlmsg_len = sizeof request,
                    .nlmsg_type = RTM_SETLINK,
                    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
                    .nlmsg_seq = 1,
                    .nlmsg_pid = 0};
  request.link.ifi_index = 1;
  std::array both{request, request};
  both[1].header.nlmsg_seq = 2;
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  tell("send", send(fd, both.data(), sizeof both, 0));
  for (int i = 0; i < 2; ++i) {
    alignas(nlmsghdr) std::array<char, 4096> answer{};
    const ssize_t got = recv(fd, answer.data(), answer.size(), MSG_DONTWAIT);
    if (got < 0) {
      tell("recv", got);
      continue;
    }
    nlmsgerr error{};
    std::memcpy(&error, answer.data() + sizeof(nlmsghdr), sizeof error);
    std::printf("answer %u %s\n", error.msg.nlmsg_seq, error.error == 0 ? "yes" : strerrorname_np(-error.error));
  }
  return 0;
}

int family() {
  const pid_t child = fork();
  if (child == 0) {
    tell("child", open("/dev/null", O_RDONLY | O_CLOEXEC) < 0 ? -1 : 0);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  tell("child's end", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
  tell("parent", open("/dev/null", O_RDONLY | O_CLOEXEC) < 0 ? -1 : 0);
  return 0;
}

int memory() {
  void* const before = sbrk(0);
  tell("sbrk", sbrk(1 << 20) == before ? 0 : -1);
  return 0;
}

int hang() {
  while (true) pause();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "files" && argc > 2) return files(argv[2]);
  if (what == "links") return links();
  if (what == "family") return family();
  if (what == "memory") return memory();
  return what == "hang" ? hang() : 2;
}
