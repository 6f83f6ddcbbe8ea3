// SPDX-License-Identifier: Apache-2.0
// ICMP echo (RFC 792) and ICMPv6 echo (RFC 4443), without the ping program.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace patchbay::test {

struct EchoRequest {
  bool v4;
  std::uint16_t id;
  std::vector<unsigned char> bytes;
};

int open_echo_socket(bool v4);                                                      // raw; in the namespace we are in
EchoRequest echo_request(bool v4);                                                  // each with an id of its own
bool is_answer(const EchoRequest& request, std::span<const unsigned char> packet);  // as recv(2) gave it

}  // namespace patchbay::test
