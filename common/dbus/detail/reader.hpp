// SPDX-License-Identifier: Apache-2.0
// The other way round. Nothing that comes in is believed: what does not fit throws decode_failure.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "common/base/error.hpp"

namespace patchbay::dbus::detail {

class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::uint8_t byte() { return take(1).front(); }
  std::uint32_t number() {
    align(sizeof(std::uint32_t));
    std::uint32_t value = 0;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string text() { return characters(number()); }
  std::string signature() { return characters(byte()); }
  void align(std::size_t to) { skip((to - at_ % to) % to); }
  void skip(std::size_t size) { take(size); }
  [[nodiscard]] std::size_t position() const { return at_; }

 private:
  std::span<const std::uint8_t> take(std::size_t size) {
    if (size > bytes_.size() - at_) throw Error{Code::decode_failure, "a D-Bus message ends too early"};
    at_ += size;
    return bytes_.subspan(at_ - size, size);
  }
  std::string characters(std::size_t size) {
    const auto taken = take(size);
    std::string value{taken.begin(), taken.end()};
    if (byte() != 0) throw Error{Code::decode_failure, "a string in a D-Bus message has no end"};
    return value;
  }

  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

}  // namespace patchbay::dbus::detail
