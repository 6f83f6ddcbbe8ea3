// SPDX-License-Identifier: Apache-2.0
// Values as D-Bus aligns them.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "common/dbus/message.hpp"

namespace patchbay::dbus::detail {

class Writer {
 public:
  void byte(std::uint8_t value) { bytes_.push_back(value); }
  void number(std::uint32_t value) {
    align(sizeof value);
    const std::size_t at = bytes_.size();
    bytes_.resize(at + sizeof value);
    std::memcpy(&bytes_[at], &value, sizeof value);
  }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    characters(value);
  }
  void signature(std::string_view value) {
    byte(static_cast<std::uint8_t>(value.size()));
    characters(value);
  }
  void align(std::size_t to) { bytes_.resize((bytes_.size() + to - 1) / to * to); }
  void append(const Bytes& bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }

 private:
  void characters(std::string_view value) {
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    bytes_.push_back(0);
  }
  Bytes bytes_;
};

}  // namespace patchbay::dbus::detail
