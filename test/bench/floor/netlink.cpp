// SPDX-License-Identifier: Apache-2.0
#include "test/bench/floor/netlink.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace floor_limit {

void fail(const char* what, int error) {
  std::printf("{\"cniVersion\":\"1.0.0\",\"code\":999,\"msg\":\"floor: %s: %s\"}\n", what, std::strerror(error));
  std::exit(1);
}

void Batch::append(const void* value, std::size_t size) {
  if (used_ + aligned(size) > sizeof data_) fail("batch too long", ENOBUFS);
  std::memcpy(data_ + used_, value, size);
  used_ += aligned(size);
}

void Batch::begin_message(unsigned type, unsigned flags) {
  message_ = used_;
  const nlmsghdr header{.nlmsg_len = 0,
                        .nlmsg_type = static_cast<std::uint16_t>(type),
                        .nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST),
                        .nlmsg_seq = 1,
                        .nlmsg_pid = 0};
  append(&header, sizeof header);
}

void Batch::set_length(std::size_t at, std::size_t length_bytes) {
  const std::size_t length = used_ - at;
  std::memcpy(data_ + at, &length, length_bytes);  // little-endian, as every machine that we measure on
}

void Batch::end() { set_length(message_, sizeof(std::uint32_t)); }

void Batch::attribute(unsigned type, const void* value, std::size_t size) {
  const nlattr header{.nla_len = static_cast<std::uint16_t>(sizeof(nlattr) + size),
                      .nla_type = static_cast<std::uint16_t>(type)};
  append(&header, sizeof header);
  append(value, size);
}

void Batch::text(unsigned type, std::string_view value) {
  char copy[256] = {};
  if (value.size() >= sizeof copy) fail("text too long", ENAMETOOLONG);
  std::memcpy(copy, value.data(), value.size());
  attribute(type, copy, value.size() + 1);
}

std::size_t Batch::nest(unsigned type) {
  const std::size_t start = used_;
  attribute(type | NLA_F_NESTED, nullptr, 0);
  return start;
}

void Batch::close(std::size_t nested) { set_length(nested, sizeof(std::uint16_t)); }

int open_socket(int protocol, unsigned groups) {
  const int socket = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  if (socket < 0) fail("socket", errno);
  if (groups != 0) {
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = groups;
    if (bind(socket, static_cast<sockaddr*>(static_cast<void*>(&address)), sizeof address) != 0) fail("bind", errno);
  }
  return socket;
}

void send(int socket, const Batch& batch) {
  if (::send(socket, batch.data(), batch.size(), 0) < 0) fail("send", errno);
}

long receive(int socket, char* buffer, std::size_t size) {
  const long received = recv(socket, buffer, size, 0);
  return received < 0 ? -errno : received;
}

int await_ack(int socket) {
  return await_ack(socket, [](const nlmsghdr*) {});
}

}  // namespace floor_limit
