// SPDX-License-Identifier: Apache-2.0
// A system bus of a test's own, with firewalld on it, or whatever it takes for them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/dbus/message.hpp"
#include "common/os/unique_fd.hpp"

namespace patchbay::test {

// What a bus says to a call of which the bytes are known; `member` is what was called.
struct Answer {
  std::string error;         // empty: it succeeded
  std::string text;          // one string, or…
  std::optional<bool> flag;  // …one truth value
};
dbus::Bytes encode_answer(std::uint32_t serial, const Answer& answer);

inline constexpr const char* kUsualBus = "/run/dbus/system_bus_socket";

// It serves one client after the other, at `path`; without one it is somewhere else, and until it is destroyed
// DBUS_SYSTEM_BUS_ADDRESS says where.
class FakeBus {
 public:
  using Serve = std::function<void(int fd)>;
  using Call = std::function<Answer(const std::string& member, const std::vector<std::string>& arguments)>;

  explicit FakeBus(Serve serve, const std::string& path = {});  // after accept(2): whatever it does
  explicit FakeBus(Call call, const std::string& path = {});    // lets clients in, and greets them
  ~FakeBus();
  FakeBus(const FakeBus&) = delete;
  FakeBus& operator=(const FakeBus&) = delete;

 private:
  void listen_at(const std::string& path);
  std::string directory_;  // of our own; empty: it was given to us
  os::UniqueFd listener_;
  std::thread thread_;
};

// Reads to the end of the words that come before messages, and lets the client in.
bool greet(int fd);
// The next message; empty when the client has gone.
dbus::Bytes read_message(int fd);
bool write_all(int fd, const dbus::Bytes& bytes);  // false: the client has gone

}  // namespace patchbay::test
