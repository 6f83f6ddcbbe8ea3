// SPDX-License-Identifier: Apache-2.0
#include "plugins/meta/tuning/allow_list.hpp"

#include <algorithm>
#include <optional>
#include <regex>
#include <string>
#include <string_view>

#include "common/base/error.hpp"
#include "common/os/file.hpp"

namespace patchbay::tuning {
namespace {

constexpr const char* kFile = "/etc/cni/tuning/allowlist.conf";

std::string trimmed(std::string_view line) {
  constexpr std::string_view kBlank = " \t\r\v\f";
  const std::size_t first = line.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return std::string{line.substr(first, line.find_last_not_of(kBlank) - first + 1)};
}

// Without going back over what was matched, as libstdc++ otherwise does: nested repetitions would take forever.
std::regex compile(const std::string& expression) {
  try {
    return std::regex{expression, std::regex::ECMAScript | std::regex_constants::__polynomial};
  } catch (const std::regex_error&) {
    throw Error{Code::not_available,
                std::string{kFile} + ": \"" + expression.substr(0, 128) + "\" is no regular expression"}
        .hint("correct the line; until then no kernel setting is allowed");
  }
}

std::vector<std::regex> read_list(std::string_view text) {
  std::vector<std::regex> list;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (const std::string line = trimmed(text.substr(0, end)); !line.empty()) list.push_back(compile(line));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return list;
}

}  // namespace

void require_allowed(const std::vector<Sysctl>& sysctls) {
  const auto text = os::read_file(kFile);
  if (!text) return;
  const auto list = read_list(*text);
  for (const Sysctl& sysctl : sysctls) {
    if (std::ranges::any_of(list, [&](const std::regex& one) { return std::regex_search(sysctl.key, one); })) continue;
    throw Error{Code::invalid_config, "sysctl " + sysctl.key + " is not allowed"}
        .at("/sysctl/" + sysctl.key)
        .expected("a key that an expression of " + std::string{kFile} + " matches");
  }
}

}  // namespace patchbay::tuning
