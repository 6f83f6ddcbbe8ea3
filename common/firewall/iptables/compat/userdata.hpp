// SPDX-License-Identifier: Apache-2.0
// Rule::attachment in a rule's userdata: type, length, value, as all of userdata (libnftnl's udata.h).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace patchbay::firewall::iptables {

// Far from what nft (0) and iptables (1) number from below.
inline constexpr std::uint8_t kAttachment = 0x70;

inline std::array<std::uint8_t, 6> attachment_userdata(std::uint32_t attachment) {
  std::array<std::uint8_t, 6> bytes{kAttachment, 4};
  for (std::size_t i = 0; i < 4; ++i) bytes[2 + i] = static_cast<std::uint8_t>(attachment >> (24 - 8 * i));
  return bytes;
}

// 0 when it does not say.
inline std::uint32_t attachment_of(std::span<const std::uint8_t> userdata) {
  while (userdata.size() >= 2) {
    const std::size_t length = std::min<std::size_t>(userdata[1], userdata.size() - 2);
    if (userdata[0] == kAttachment && length == 4) {
      std::uint32_t attachment = 0;
      for (const std::uint8_t byte : userdata.subspan(2, 4)) attachment = attachment << 8U | byte;
      return attachment;
    }
    userdata = userdata.subspan(2 + length);
  }
  return 0;
}

}  // namespace patchbay::firewall::iptables
