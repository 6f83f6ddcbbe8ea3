// SPDX-License-Identifier: Apache-2.0
#include "common/contract/detail/text.hpp"

#include <algorithm>

namespace patchbay::contract::detail {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::size_t kLongestInMessage = 512;
constexpr std::size_t kLongestMessage = 8192;

// The length of the well-formed UTF-8 sequence at the start of `text` (RFC 3629); 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto continues = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      if ((byte(i) & 0xC0U) != 0x80U) return false;
    }
    return true;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1, 2) ? 2 : 0;
  if ((first & 0xF0U) == 0xE0U) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) > 0x9F;
    return !overlong && !surrogate && continues(1, 3) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool too_large = first == 0xF4 && byte(1) > 0x8F;
    return !overlong && !too_large && continues(1, 4) ? 4 : 0;
  }
  return 0;
}

std::string_view short_escape(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return {};
  }
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

void append_hex_escape(std::string& out, std::string_view prefix, char c) {
  const auto value = static_cast<unsigned char>(c);
  out += prefix;
  out += kHex[value >> 4U];
  out += kHex[value & 0xFU];
}

void append_json_ascii(std::string& out, char c) {
  if (const auto escape = short_escape(c); !escape.empty()) {
    out += escape;
  } else if (static_cast<unsigned char>(c) < 0x20 || c == '<' || c == '>' || c == '&') {
    append_hex_escape(out, "\\u00", c);
  } else {
    out += c;
  }
}

// Text that stands one level deeper. Strings hold no raw line feeds, so every one is layout.
void append_indented(std::string& out, std::string_view text) {
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "    ";
  }
}

std::string render_list(const std::vector<std::string>& elements) {
  std::string out = "[";
  for (const std::string& element : elements) {
    out += out.size() == 1 ? "\n    " : ",\n    ";
    append_indented(out, element);
  }
  return out + "\n]";
}

}  // namespace

std::string json_quote(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text.substr(at));
    const std::string_view sequence = text.substr(at, std::max<std::size_t>(length, 1));
    if (length == 0) {
      out += "\\ufffd";
    } else if (length == 1) {
      append_json_ascii(out, sequence[0]);
    } else if (sequence == "\u2028" || sequence == "\u2029") {
      out += sequence == "\u2028" ? "\\u2028" : "\\u2029";
    } else {
      out += sequence;
    }
    at += sequence.size();
  }
  return out += '"';
}

std::string message_quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, kLongestInMessage)) {
    if (const auto escape = short_escape(c); !escape.empty()) {
      out += escape;
    } else if (is_control(c)) {
      append_hex_escape(out, "\\x", c);
    } else {
      out += c;
    }
  }
  if (text.size() > kLongestInMessage) out += "...";
  return out += '"';
}

std::string message_quote(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() == 1 ? "" : " ") + message_quote(text);
  return out += ']';
}

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_control(c)) {
      out += c;
    } else if (const auto escape = short_escape(c); !escape.empty()) {
      out += escape;
    } else {
      append_hex_escape(out, "\\x", c);
    }
  }
  return out;
}

std::string bounded(std::string_view text) {
  std::string out{text.substr(0, kLongestMessage)};
  if (text.size() > kLongestMessage) out += "...";
  return out;
}

ObjectText& ObjectText::text(std::string_view key, std::string_view value) { return rendered(key, json_quote(value)); }

ObjectText& ObjectText::text_unless_empty(std::string_view key, std::string_view value) {
  return value.empty() ? *this : text(key, value);
}

ObjectText& ObjectText::number(std::string_view key, std::int64_t value) {
  return rendered(key, std::to_string(value));
}

ObjectText& ObjectText::rendered(std::string_view key, std::string value) {
  members_.emplace_back(key, std::move(value));
  return *this;
}

ObjectText& ObjectText::list_unless_empty(std::string_view key, const std::vector<std::string>& rendered_elements) {
  return rendered_elements.empty() ? *this : rendered(key, render_list(rendered_elements));
}

std::string ObjectText::render(bool sorted) const {
  if (members_.empty()) return "{}";
  auto members = members_;
  if (sorted) std::sort(members.begin(), members.end());
  std::string out = "{";
  for (const auto& [key, value] : members) {
    out += out.size() == 1 ? "\n    " : ",\n    ";
    out += json_quote(key) + ": ";
    append_indented(out, value);
  }
  return out + "\n}";
}

}  // namespace patchbay::contract::detail
