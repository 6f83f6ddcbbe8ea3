// SPDX-License-Identifier: Apache-2.0
#include "common/attach/resolv_conf.hpp"

#include <algorithm>
#include <vector>

#include "common/base/error.hpp"
#include "common/os/file.hpp"

namespace patchbay::attach {
namespace {

constexpr std::string_view kBlank = " \t\r\v\f";

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
    if (line.empty()) return words;
    const std::size_t end = std::min(line.find_first_of(kBlank), line.size());
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

void take(contract::Dns& dns, const std::vector<std::string>& words) {
  if (words.size() < 2 || words[0][0] == '#' || words[0][0] == ';') return;
  const auto add_rest = [&](std::vector<std::string>& list) {
    list.insert(list.end(), words.begin() + 1, words.end());
  };
  if (words[0] == "nameserver") dns.nameservers.push_back(words[1]);
  if (words[0] == "domain") dns.domain = words[1];
  if (words[0] == "search") add_rest(dns.search);
  if (words[0] == "options") add_rest(dns.options);
}

}  // namespace

contract::Dns parse_resolv_conf(std::string_view text) {
  contract::Dns dns;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    take(dns, words_of(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return dns;
}

contract::Dns read_resolv_conf(const std::string& path, const std::string& pointer) {
  try {
    const auto text = os::read_file(path);
    if (!text) throw Error{Code::io_failure, path + " does not exist"};
    return parse_resolv_conf(*text);
  } catch (Error& error) {
    throw error.at(pointer).expected("a resolv.conf(5) of at most " + std::to_string(os::kSmallFile) + " bytes");
  }
}

}  // namespace patchbay::attach
