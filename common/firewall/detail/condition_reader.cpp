// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/detail/condition_reader.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace patchbay::firewall::detail {
namespace {

constexpr std::size_t kInterfaceLength = 15;  // IFNAMSIZ less the NUL

std::optional<std::uint32_t> number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  } else if (text.size() > 1 && text.front() == '0') {
    base = 8;  // as strtoul(3), which both programs use
  }
  std::uint32_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_interface(std::string_view name) {
  return !name.empty() && name.size() <= kInterfaceLength && name.find('/') == std::string_view::npos;
}

}  // namespace

std::vector<std::string> split_words(const std::vector<std::string>& words) {
  static constexpr std::string_view kBlanks = " \t";
  std::vector<std::string> parts;
  for (const std::string& word : words) {
    for (std::size_t start = 0; (start = word.find_first_not_of(kBlanks, start)) != std::string::npos;) {
      const std::size_t end = std::min(word.find_first_of(kBlanks, start), word.size());
      parts.push_back(word.substr(start, end - start));
      start = end;
    }
  }
  return parts;
}

ConditionReader::ConditionReader(const std::vector<std::string>& words, net::Family family, std::string pointer,
                                 const char* understood)
    : words_(split_words(words)), family_(family), pointer_(std::move(pointer)), understood_(understood) {}

std::string_view ConditionReader::peek() const { return at_end() ? std::string_view{} : words_[next_]; }

std::string ConditionReader::take(std::string_view what) {
  if (at_end()) throw refused("it ends where " + std::string{what} + " is due");
  return words_[next_++];
}

bool ConditionReader::skip(std::string_view word) {
  if (peek() != word) return false;
  ++next_;
  return true;
}

net::Cidr ConditionReader::subnet(const std::string& text) const {
  auto found = net::Cidr::parse(text);
  if (!found) {
    if (const auto ip = net::Ip::parse(text)) found = net::Cidr::host(*ip);
  }
  if (found && found->family() == family_) return found->network();
  throw refused("\"" + text + "\" is no " + (family_ == net::Family::v4 ? "IPv4" : "IPv6") + " address or subnet");
}

std::string ConditionReader::interface(std::string name) const {
  if (!is_interface(name)) throw refused("\"" + name + "\" is no interface name");
  return name;
}

std::uint32_t ConditionReader::mark(std::string_view text) const {
  if (const auto value = number(text)) return *value;
  throw refused("\"" + std::string{text} + "\" is no mark");
}

Error ConditionReader::refused(const std::string& why) const {
  std::string all;
  for (const std::string& word : words_) all += (all.empty() ? "" : " ") + word;
  Error error{Code::invalid_config, "condition \"" + all + "\" is not understood: " + why};
  error.at(pointer_).expected(understood_);
  return error;
}

}  // namespace patchbay::firewall::detail
