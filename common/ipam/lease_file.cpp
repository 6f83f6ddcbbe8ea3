// SPDX-License-Identifier: Apache-2.0
#include "common/ipam/lease_file.hpp"

#include <algorithm>

namespace patchbay::ipam {
namespace {

constexpr std::string_view kSpace{" \t\n\v\f\r\0", 7};  // NUL: what some filesystems leave after a power cut

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

// CNI specification 1.1.0, parameters: CNI_CONTAINERID.
bool is_container_id(std::string_view text) {
  return !text.empty() && is_alphanumeric(text.front()) && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
  });
}

}  // namespace

LeaseFile LeaseFile::parse(std::string_view content) {
  const std::string_view text = trimmed(content);
  if (text.empty()) return {};
  const std::size_t separator = text.find("\r\n");
  const std::string_view container = text.substr(0, separator);
  if (!is_container_id(container)) return {.kind = Kind::other};
  if (separator == std::string_view::npos) return {.kind = Kind::legacy, .container = std::string{container}};
  return {.kind = Kind::named, .container = std::string{container}, .ifname = std::string{text.substr(separator + 2)}};
}

std::string LeaseFile::print(const std::string& container, const std::string& ifname) {
  return container + "\r\n" + ifname;
}

}  // namespace patchbay::ipam
