// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/base64.hpp"

#include <array>
#include <cstdint>

namespace patchbay::cli {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<std::uint32_t> value_of(char letter) {
  const auto at = kAlphabet.find(letter);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint32_t>(at);
}

std::uint32_t octet(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
}

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::uint32_t group = octet(bytes, at) << 16U | octet(bytes, at + 1) << 8U | octet(bytes, at + 2);
    const std::size_t present = std::min<std::size_t>(3, bytes.size() - at);
    for (unsigned digit = 0; digit < 4; ++digit) {
      text += digit <= present ? kAlphabet[group >> (18 - 6 * digit) & 0x3FU] : '=';
    }
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;

  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool padded = at >= text.size() - padding;
    const auto value = padded ? std::optional<std::uint32_t>{0} : value_of(text[at]);
    if (!value) return std::nullopt;
    group = group << 6U | *value;
    if (at % 4 != 3) continue;
    for (const unsigned shift : {16U, 8U, 0U}) bytes += static_cast<char>(group >> shift & 0xFFU);
    group = 0;
  }
  const auto dropped = bytes.substr(bytes.size() - padding);
  if (dropped.find_first_not_of('\0') != std::string::npos) return std::nullopt;  // bits beyond the end
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace patchbay::cli
