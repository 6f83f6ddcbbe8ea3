// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/attachment.hpp"

#include <filesystem>

#include "common/base/digest.hpp"
#include "common/base/error.hpp"

namespace patchbay::cli {
namespace {

constexpr std::size_t kIdDigits = 20;  // the first 10 bytes of SHA-512

std::pair<std::string, std::string> parse_pair(std::string_view text) {
  const auto equals = text.find('=');
  const bool valid = equals != std::string_view::npos && equals > 0 && equals + 1 < text.size() &&
                     text.find('=', equals + 1) == std::string_view::npos;
  if (!valid) {
    throw std::move(Error{Code::invalid_environment, "invalid CNI_ARGS pair \"" + std::string{text} + "\""}.expected(
        "KEY=VALUE;KEY=VALUE, nothing empty"));
  }
  return {std::string{text.substr(0, equals)}, std::string{text.substr(equals + 1)}};
}

}  // namespace

Pairs parse_pairs(std::string_view text) {
  Pairs pairs;
  if (text.empty()) return pairs;
  for (std::size_t start = 0; start <= text.size();) {
    const auto end = std::min(text.find(';', start), text.size());
    pairs.push_back(parse_pair(text.substr(start, end - start)));
    start = end + 1;
  }
  return pairs;
}

std::string to_string(const Pairs& pairs) {
  std::string text;
  for (const auto& [key, value] : pairs) {
    if (!text.empty()) text += ';';
    text.append(key).append("=").append(value);
  }
  return text;
}

std::string absolute_path(std::string_view path) {
  std::string whole{path};
  if (!path.starts_with('/')) whole = std::filesystem::current_path().string() + "/" + whole;

  std::vector<std::string_view> kept;
  for (std::size_t start = 0; start < whole.size();) {
    const auto end = std::min(whole.find('/', start), whole.size());
    const std::string_view part = std::string_view{whole}.substr(start, end - start);
    start = end + 1;
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      kept.push_back(part);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }

  std::string cleaned;
  for (const std::string_view part : kept) cleaned.append("/").append(part);
  return cleaned.empty() ? "/" : cleaned;
}

std::string container_id_for(std::string_view absolute_netns) {
  return "cnitool-" + sha512_hex(absolute_netns, kIdDigits);
}

}  // namespace patchbay::cli
