// SPDX-License-Identifier: Apache-2.0
#include "test/hostile/text.hpp"

#include <stdexcept>

namespace patchbay::test::hostile {

namespace {

using nlohmann::json;

// UTF-8 of U+0080 to U+00FF is two bytes, C2 or C3 and one more (RFC 3629).
std::string bytes_of(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) {
      bytes += text[i];
    } else if (c == 0xC2 || c == 0xC3) {
      bytes += static_cast<char>((c & 3U) << 6U | (static_cast<unsigned char>(text.at(++i)) & 0x3FU));
    } else {
      throw std::runtime_error{"$bytes: beyond U+00FF"};
    }
  }
  return bytes;
}

bool is_text(const json& value) { return value.is_object() && (value.contains("$bytes") || value.contains("$repeat")); }

json numbered(const json& value, std::int64_t index) {
  if (value.is_object() && value.contains("$index")) return value.at("$index").get<std::int64_t>() + index;
  json copy = value;
  if (!value.is_structured()) return copy;
  for (auto& element : copy) element = numbered(element, index);
  return copy;
}

json list_of(const json& value) {
  json list = json::array();
  for (std::int64_t i = 0; i < value.at("$list").get<std::int64_t>(); ++i)
    list.push_back(numbered(expanded(value.at("of")), i));
  return list;
}

}  // namespace

Input to_input(const json& text) {
  if (text.is_string()) return {.before = text};
  if (text.contains("$bytes")) return {.before = bytes_of(text.at("$bytes"))};
  return {.before = text.value("before", ""),
          .unit = bytes_of(text.at("$repeat")),
          .times = text.value("times", std::size_t{0}),
          .after = text.value("after", ""),
          .open = text.value("open", false)};
}

std::string to_text(const json& text) {
  const Input input = to_input(text);
  std::string whole = input.before;
  for (std::size_t i = 0; i < input.times; ++i) whole += input.unit;
  return whole + input.after;
}

json expanded(const json& value) {
  if (is_text(value)) return to_text(value);
  if (value.is_object() && value.contains("$list")) return list_of(value);
  json copy = value;
  if (!value.is_structured() || (value.is_object() && value.contains("$index"))) return copy;
  for (auto& element : copy) element = expanded(element);
  return copy;
}

std::string replaced(std::string text, const std::string& mark, const std::string& by) {
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + by.size()))
    text.replace(at, mark.size(), by);
  return text;
}

}  // namespace patchbay::test::hostile
