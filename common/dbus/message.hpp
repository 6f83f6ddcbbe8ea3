// SPDX-License-Identifier: Apache-2.0
// D-Bus messages as bytes, as far as calls need it that take strings and return a string or a truth value
// (D-Bus specification, "Message Protocol").
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace patchbay::dbus {

using Bytes = std::vector<std::uint8_t>;

struct MethodCall {
  std::string destination, path, interface, member;
  std::vector<std::string> arguments;
};

// The call as it goes out, in this machine's byte order; `serial` is not 0. Nobody is started to answer it.
Bytes encode(const MethodCall& call, std::uint32_t serial);

// What came in. Signals and calls are messages too, of which no more than their kind is of interest.
struct Message {
  enum class Type : std::uint8_t { call = 1, reply = 2, error = 3, signal = 4 } type{};
  std::uint32_t reply_to = 0;  // the serial of the call that this answers
  std::string error;           // its name
  std::string text;            // the first argument, when it is a string…
  bool flag = false;           // …or a truth value
};

inline constexpr std::size_t kPrefix = 16;          // bytes that tell how long a message is
inline constexpr std::size_t kLargest = 1U << 20U;  // of the messages that we are ready to read

// By its first 16 bytes. Throws decode_failure when they begin no message, or one that is too large.
std::size_t size_of_message(std::span<const std::uint8_t> prefix);
// Of a whole message. Throws decode_failure for what is none.
Message decode(std::span<const std::uint8_t> bytes);

}  // namespace patchbay::dbus
