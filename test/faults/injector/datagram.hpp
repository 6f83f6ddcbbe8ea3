// SPDX-License-Identifier: Apache-2.0
// What a process is about to send by netlink.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "test/faults/injector/tracee.hpp"

namespace patchbay::faults {

struct Datagram {
  struct Message {
    std::uint64_t address;  // of its header, in the sender's memory
    std::uint16_t type, flags;
  };
  int protocol = 0;  // NETLINK_ROUTE, NETLINK_NETFILTER
  std::vector<Message> messages;

  // A question changes nothing.
  [[nodiscard]] bool is_question(const Message& message) const;
  [[nodiscard]] bool changes_something() const;
  // What the kernel can be made to refuse: neither the brackets around a batch, which are no requests, nor
  // the question for the generation, which no kernel with nf_tables refuses.
  [[nodiscard]] std::vector<std::size_t> refusable() const;
  [[nodiscard]] std::string describe() const;
};

bool is_netlink(const Tracee& tracee, int fd, int* protocol = nullptr);

// Of a sendto(2) or sendmsg(2) on a netlink socket.
Datagram read_datagram(const Tracee& tracee);

// The message then has a type that the kernel does not know, so that it truly refuses it.
void make_unacceptable(const Tracee& tracee, const Datagram& datagram, std::size_t position);

}  // namespace patchbay::faults
