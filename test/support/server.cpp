// SPDX-License-Identifier: Apache-2.0
#include "test/support/server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "test/support/process.hpp"

namespace patchbay::test {

namespace {

int type_of(const std::string& protocol) { return protocol == "udp" ? SOCK_DGRAM : SOCK_STREAM; }

int number_of(const std::string& protocol) {
  if (protocol == "tcp") return IPPROTO_TCP;
  if (protocol == "udp") return IPPROTO_UDP;
  if (protocol == "sctp") return IPPROTO_SCTP;
  throw std::runtime_error{"unknown protocol " + protocol};
}

// An IPv4 peer of an IPv6 socket is shown as the IPv4 address that it is.
std::string text_of(const in6_addr& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    inet_ntop(AF_INET, &address.s6_addr[12], text, sizeof text);
  } else {
    inet_ntop(AF_INET6, &address, text, sizeof text);
  }
  return text;
}

void answer_connection(int fd, const std::string& tag) {
  sockaddr_in6 peer{};
  socklen_t size = sizeof peer;
  const int connection = accept4(fd, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC);
  if (connection < 0) return;  // gone before we looked
  const auto text = tag + " " + text_of(peer.sin6_addr) + "\n";
  // One who left without reading is its own affair.
  std::ignore = send(connection, text.data(), text.size(), MSG_NOSIGNAL);
  shutdown(connection, SHUT_WR);
  // Read until it closes too, so that our end is never the one reset; bounded, for the next in line.
  pollfd event{connection, POLLIN, 0};
  std::ignore = poll(&event, 1, 200);
  close(connection);
}

// Answers from the very address that was asked (RFC 3542 section 6): the kernel, left to choose, may take another.
void answer_datagram(int fd, const std::string& tag) {
  char data[64];
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(in6_pktinfo))];
  sockaddr_in6 peer{};
  iovec part{data, sizeof data};
  msghdr message{&peer, sizeof peer, &part, 1, control, sizeof control, 0};
  if (recvmsg(fd, &message, 0) < 0) return;
  if (auto* header = CMSG_FIRSTHDR(&message); header != nullptr && !IN6_IS_ADDR_LINKLOCAL(&peer.sin6_addr)) {
    in6_pktinfo info{};
    std::memcpy(&info, CMSG_DATA(header), sizeof info);
    info.ipi6_ifindex = 0;  // the way back is the routing table's choice
    std::memcpy(CMSG_DATA(header), &info, sizeof info);
  }
  auto text = tag + " " + text_of(peer.sin6_addr) + "\n";
  part = {text.data(), text.size()};
  std::ignore = sendmsg(fd, &message, MSG_NOSIGNAL);  // an unreachable peer is what the test will see
}

}  // namespace

int open_socket(int family, const std::string& protocol) {
  const int fd = socket(family, type_of(protocol) | SOCK_CLOEXEC | SOCK_NONBLOCK, number_of(protocol));
  if (fd < 0) fail_errno(protocol + " socket");
  return fd;
}

int open_server(const std::string& protocol, int port) {
  const int fd = socket(AF_INET6, type_of(protocol) | SOCK_CLOEXEC, number_of(protocol));
  const int on = 1, off = 0;
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  any.sin6_port = htons(static_cast<std::uint16_t>(port));
  const bool ready = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0 &&
                     (protocol != "udp" || setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) == 0) &&
                     bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0 &&
                     (protocol == "udp" || listen(fd, 128) == 0);
  if (!ready) fail_errno(protocol + " server on port " + std::to_string(port));
  return fd;
}

void serve_forever(int fd, const std::string& protocol, const std::string& tag) {
  setpgid(0, 0);
  signal(SIGTERM, SIG_DFL);  // not Catch's handler
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  while (true) protocol == "udp" ? answer_datagram(fd, tag) : answer_connection(fd, tag);
}

}  // namespace patchbay::test
