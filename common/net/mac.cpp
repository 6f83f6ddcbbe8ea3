// SPDX-License-Identifier: Apache-2.0
#include "common/net/mac.hpp"

#include <sys/random.h>

#include <cerrno>

#include "common/base/error.hpp"

namespace patchbay::net {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

// How many digits stand between two separators: 2 in "02:ab", 4 in "02ab.cdef"; 0 if it is no MAC.
std::size_t group_length(std::string_view text) {
  if (text.size() == 17 && (text[2] == ':' || text[2] == '-')) return 2;
  if (text.size() == 14 && text[4] == '.') return 4;
  return 0;
}

}  // namespace

std::optional<Mac> Mac::parse(std::string_view text) {
  const std::size_t group = group_length(text);
  if (group == 0) return std::nullopt;
  const char separator = text[group];
  Mac mac;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i % (group + 1) == group) {
      if (text[i] != separator) return std::nullopt;
      continue;
    }
    const auto digit = hex_digit(text[i]);
    if (!digit) return std::nullopt;
    std::uint8_t& octet = mac.octets[digits / 2];
    octet = static_cast<std::uint8_t>(16U * octet + *digit);
    ++digits;
  }
  return mac;
}

Mac Mac::random() { return random_pair().first; }

std::pair<Mac, Mac> Mac::random_pair() {
  std::array<Mac, 2> macs;
  static_assert(sizeof macs == 2 * sizeof(Mac::octets));
  ssize_t got = -1;
  do {
    got = getrandom(macs.data(), sizeof macs, 0);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(sizeof macs)) {
    throw system_error(Code::internal, "get random bytes for a MAC address", errno);
  }
  for (Mac& mac : macs) mac.octets[0] = static_cast<std::uint8_t>((mac.octets[0] & 0xFCU) | 0x02U);
  return {macs[0], macs[1]};
}

std::string Mac::to_string() const {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t octet : octets) {
    if (!text.empty()) text += ':';
    text += kHex[octet >> 4U];
    text += kHex[octet & 0xFU];
  }
  return text;
}

}  // namespace patchbay::net
