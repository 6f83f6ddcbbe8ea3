// SPDX-License-Identifier: Apache-2.0
// An Ethernet address.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace patchbay::net {

struct Mac {
  std::array<std::uint8_t, 6> octets{};

  // "02:ab:…", "02-AB-…" or "02ab.cdef.0102", as Go's net.ParseMAC takes them; 6 octets only.
  static std::optional<Mac> parse(std::string_view text);
  // Locally administered, unicast, otherwise random (getrandom(2)).
  static Mac random();
  static std::pair<Mac, Mac> random_pair();  // for the two ends of a cable, by one system call

  [[nodiscard]] std::string to_string() const;  // "02:ab:cd:ef:01:02"
  [[nodiscard]] bool is_unicast() const { return (octets[0] & 1U) == 0; }
  [[nodiscard]] bool is_zero() const { return *this == Mac{}; }

  auto operator<=>(const Mac&) const = default;
};

}  // namespace patchbay::net
