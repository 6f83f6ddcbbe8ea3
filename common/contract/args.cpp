// SPDX-License-Identifier: Apache-2.0
// CNI_ARGS, by the reference's rules: split at ';', each part exactly "KEY=VALUE".
#include <algorithm>

#include "common/base/error.hpp"
#include "common/contract/detail/text.hpp"
#include "common/contract/request.hpp"

namespace patchbay::contract {
namespace {

constexpr std::string_view kIgnoreUnknown = "IgnoreUnknown";
constexpr std::size_t kLongest = 65536;

Error malformed(std::string message) {
  Error error{Code::invalid_environment, "ARGS: " + std::move(message)};
  return error.hint("CNI_ARGS is KEY=VALUE;KEY=VALUE, without '=' in a value or ';' at the end");
}

std::pair<std::string, std::string> split(std::string_view pair) {
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos || pair.find('=', equals + 1) != std::string_view::npos) {
    throw malformed("invalid pair " + detail::message_quote(pair));
  }
  return {std::string{pair.substr(0, equals)}, std::string{pair.substr(equals + 1)}};
}

bool to_bool(const std::string& value, std::string_view pair) {
  std::string lower = value;
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (lower == "1" || lower == "true") return true;
  if (lower == "0" || lower == "false") return false;
  throw malformed("error parsing value of pair " + detail::message_quote(pair) +
                  ": boolean unmarshal error: invalid input " + lower.substr(0, 64));
}

}  // namespace

Args Args::parse(std::string_view text) {
  Args args;
  if (text.empty()) return args;
  if (text.size() > kLongest) throw malformed("more than " + std::to_string(kLongest) + " bytes");
  for (bool more = true; more;) {
    const std::size_t semicolon = text.find(';');
    const std::string_view pair = text.substr(0, semicolon);
    auto [key, value] = split(pair);
    if (key == kIgnoreUnknown) {
      args.ignore_unknown_ = to_bool(value, pair);
    } else {
      args.pairs_.emplace_back(std::move(key), std::move(value));
    }
    more = semicolon != std::string_view::npos;
    if (more) text.remove_prefix(semicolon + 1);
  }
  return args;
}

std::optional<std::string> Args::find(std::string_view key) const {
  const auto found = std::find_if(pairs_.rbegin(), pairs_.rend(), [&](const auto& pair) { return pair.first == key; });
  if (found == pairs_.rend()) return std::nullopt;
  return found->second;
}

void Args::refuse_unknown(std::vector<std::string_view> known) const {
  if (ignore_unknown_) return;
  std::vector<std::string> unknown;
  for (const auto& [key, value] : pairs_) {
    if (std::find(known.begin(), known.end(), key) == known.end())
      unknown.push_back(std::string{key}.append("=").append(value));
  }
  if (unknown.empty()) return;
  Error error{Code::invalid_environment, "ARGS: unknown args " + detail::message_quote(unknown)};
  throw error.hint("IgnoreUnknown=1 in CNI_ARGS makes unknown keys pass");
}

}  // namespace patchbay::contract
