// SPDX-License-Identifier: Apache-2.0
#include "common/base/digest.hpp"

#include <sha512.h>

#include <algorithm>
#include <array>

namespace patchbay {

std::string sha512_hex(std::string_view text, std::size_t digits) {
  SHA512_CTX context;
  SHA512Init(&context);
  SHA512Update(&context, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  std::array<std::uint8_t, SHA512_DIGEST_LENGTH> digest{};
  SHA512Final(digest.data(), &context);

  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * digest.size());
  for (const std::uint8_t byte : digest) {
    hex += kHex[byte >> 4U];
    hex += kHex[byte & 0xFU];
  }
  hex.resize(std::min(digits, hex.size()));
  return hex;
}

}  // namespace patchbay
