// SPDX-License-Identifier: Apache-2.0
// A server that tells its clients who it is and who they seem to be.
#pragma once

#include <string>

namespace patchbay::test {

// "tcp", "udp" or "sctp"; in the namespace we are in.
int open_socket(int family, const std::string& protocol);  // does not block
int open_server(const std::string& protocol, int port);    // on every address of both families

[[noreturn]] void serve_forever(int fd, const std::string& protocol, const std::string& tag);

}  // namespace patchbay::test
