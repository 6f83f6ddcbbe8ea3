// SPDX-License-Identifier: Apache-2.0
// A short conversation over the system bus: connect, say who we are, call, hear the answer.
#pragma once

#include <optional>
#include <string>

#include "common/dbus/message.hpp"
#include "common/os/deadline.hpp"
#include "common/os/unique_fd.hpp"

namespace patchbay::dbus {

// Whether there is a socket to connect to: one system call. DBUS_SYSTEM_BUS_ADDRESS names another one,
// as far as it is of the form unix:path=….
bool has_system_bus();

class Connection {
 public:
  // nullopt: nobody serves a system bus here. Throws not_available when it does not let us in, and
  // try_again when it has not done so in time.
  static std::optional<Connection> to_system_bus(const os::Deadline& deadline);

  // The answer, which may be an error of whoever was called; messages that are none are skipped. Throws
  // try_again when none comes in time, io_failure when the connection ends, decode_failure for garbage.
  Message call(const MethodCall& call);
  // Whether somebody on the bus has this name.
  bool has_owner(const std::string& name);

 private:
  Connection(os::UniqueFd fd, const os::Deadline& deadline) : fd_(std::move(fd)), deadline_(deadline) {}
  void introduce();
  void send(const Bytes& bytes) const;
  void receive();  // more of it
  std::string receive_line();
  Message receive_message();

  os::UniqueFd fd_;
  os::Deadline deadline_;
  std::uint32_t serial_ = 0;
  Bytes inbox_;
};

}  // namespace patchbay::dbus
