// SPDX-License-Identifier: Apache-2.0
// JSON as text: written by hand, because clients compare it with what Go's encoding/json prints,
// and because a whole serialiser is not needed for four small shapes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace patchbay::contract::detail {

// A JSON string as Go writes it: <, >, & and the line separators escaped, bytes that are no UTF-8
// replaced by U+FFFD.
std::string json_quote(std::string_view text);

// As Go's %q prints it in a message: quotes, backslashes and control characters escaped. A text of
// more than 512 bytes is cut: it comes from outside and ends up in logs.
std::string message_quote(std::string_view text);

// "[1 2]", with each element as message_quote writes it: Go's %q of a list.
std::string message_quote(const std::vector<std::string>& texts);

// Its control characters escaped: names and paths of others may have line feeds.
std::string one_line(std::string_view text);

// Its beginning: what others have given us may be in it, as long as they like.
std::string bounded(std::string_view text);

// An object of already rendered values. Rendering indents by 4 spaces, as MarshalIndent does.
class ObjectText {
 public:
  ObjectText& text(std::string_view key, std::string_view value);  // always there
  ObjectText& text_unless_empty(std::string_view key, std::string_view value);
  ObjectText& number(std::string_view key, std::int64_t value);
  ObjectText& rendered(std::string_view key, std::string value);  // any JSON text
  ObjectText& list_unless_empty(std::string_view key, const std::vector<std::string>& rendered_elements);
  [[nodiscard]] bool empty() const { return members_.empty(); }
  // In the order of insertion, or by key.
  [[nodiscard]] std::string render(bool sorted = false) const;

 private:
  std::vector<std::pair<std::string_view, std::string>> members_;  // keys are literals
};

}  // namespace patchbay::contract::detail
