// SPDX-License-Identifier: Apache-2.0
// The sending half of a netlink socket: several messages, back to back in one datagram.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/wire/socket.hpp"

namespace patchbay::wire::detail {

class Outbox {
 public:
  // Appends with this sequence number. `set` and `clear` are flags of nlmsghdr.
  void add(const MessagePointer& message, std::uint32_t sequence, std::uint16_t set, std::uint16_t clear = 0);
  // In one system call; makes the socket's buffer larger first when it must be.
  void send(int fd, const std::string& doing) const;

 private:
  std::vector<std::uint8_t> bytes_;
  bool any_long_ = false;
};

// Switches on one of the options of netlink(7) that make things better where the kernel has it.
void enable(int fd, int option);

}  // namespace patchbay::wire::detail
