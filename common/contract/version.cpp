// SPDX-License-Identifier: Apache-2.0
#include "common/contract/version.hpp"

#include <charconv>

namespace patchbay::contract {
namespace {

// Reads a number without sign; leading zeros are harmless and taken, as the reference takes them.
std::optional<unsigned> whole_number(std::string_view text) {
  unsigned value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
  std::array<unsigned, 3> parts{};
  for (std::size_t i = 0;; ++i) {
    const std::size_t dot = text.find('.');
    const auto number = whole_number(text.substr(0, dot));
    if (!number || i == parts.size()) return std::nullopt;
    parts[i] = *number;
    if (dot == std::string_view::npos) break;
    text.remove_prefix(dot + 1);
  }
  return Version{parts[0], parts[1], parts[2]};
}

std::string Version::to_string() const {
  return std::to_string(major_number) + "." + std::to_string(minor_number) + "." + std::to_string(patch_number);
}

}  // namespace patchbay::contract
