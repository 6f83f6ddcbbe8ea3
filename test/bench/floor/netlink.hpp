// SPDX-License-Identifier: Apache-2.0
// Netlink with nothing around it: messages written into one buffer, sent at once.
#pragma once

#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace floor_limit {

// Says why in CNI's words and ends the process.
[[noreturn]] void fail(const char* what, int error);

class Batch {
 public:
  template <class Header>
  void begin(unsigned type, unsigned flags, const Header& header) {
    begin_message(type, flags);
    append(&header, sizeof header);
  }
  void end();  // of the message
  void attribute(unsigned type, const void* value, std::size_t size);
  template <class Value>
  void attribute(unsigned type, const Value& value) {
    attribute(type, &value, sizeof value);
  }
  void text(unsigned type, std::string_view value);  // with the final 0
  std::size_t nest(unsigned type);
  void close(std::size_t nested);
  void append(const void* value, std::size_t size);  // padded

  [[nodiscard]] const char* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return used_; }

 private:
  void begin_message(unsigned type, unsigned flags);
  void set_length(std::size_t at, std::size_t length_bytes);

  alignas(nlmsghdr) char data_[16384] = {};
  std::size_t used_ = 0, message_ = 0;
};

int open_socket(int protocol, unsigned groups = 0);
void send(int socket, const Batch& batch);

// Calls `see(header, body, size)` for each message until the acknowledgement, whose error it returns
// (0: none). An error of any message of a batch counts.
template <class See>
int await_ack(int socket, See&& see);
int await_ack(int socket);

// One datagram; the size, or -errno.
long receive(int socket, char* buffer, std::size_t size);

// Each attribute that follows `header_size` bytes of the message's body.
template <class See>
void each_attribute(const nlmsghdr* message, std::size_t header_size, See&& see);

// --- templates -------------------------------------------------------------------------------------

constexpr std::size_t aligned(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

template <class Target>
const Target* at(const void* start, std::size_t offset) {
  return static_cast<const Target*>(static_cast<const void*>(static_cast<const char*>(start) + offset));
}

template <class See>
void each_message(const char* buffer, std::size_t size, See&& see) {
  for (std::size_t offset = 0; offset + sizeof(nlmsghdr) <= size;) {
    const auto* message = at<nlmsghdr>(buffer, offset);
    if (message->nlmsg_len < sizeof(nlmsghdr) || offset + message->nlmsg_len > size) return;
    see(message);
    offset += aligned(message->nlmsg_len);
  }
}

template <class See>
int await_ack(int socket, See&& see) {
  alignas(nlmsghdr) char buffer[16384];
  for (;;) {
    const long size = receive(socket, buffer, sizeof buffer);
    if (size < 0) return static_cast<int>(-size);
    int error = -1;
    each_message(buffer, static_cast<std::size_t>(size), [&](const nlmsghdr* message) {
      if (message->nlmsg_type == NLMSG_ERROR) {
        if (error <= 0) error = -at<nlmsgerr>(message, sizeof(nlmsghdr))->error;
      } else {
        see(message);
      }
    });
    if (error >= 0) return error;
  }
}

template <class See>
void each_attribute(const nlmsghdr* message, std::size_t header_size, See&& see) {
  for (std::size_t offset = sizeof(nlmsghdr) + aligned(header_size); offset + sizeof(nlattr) <= message->nlmsg_len;) {
    const auto* attribute = at<nlattr>(message, offset);
    if (attribute->nla_len < sizeof(nlattr)) return;
    see(attribute->nla_type, at<char>(attribute, sizeof(nlattr)), attribute->nla_len - sizeof(nlattr));
    offset += aligned(attribute->nla_len);
  }
}

}  // namespace floor_limit
