// SPDX-License-Identifier: Apache-2.0
// Reading configuration: a view of one JSON value that knows where it stands.
//
// Keys match as in Go's encoding/json, which the reference suite inherits: exactly, or else
// case-insensitively. Unknown keys are ignored; null counts as absent. A value of the wrong type
// or out of bounds throws invalid_config (decode_failure for a wrong type) with its JSON pointer
// (RFC 6901) and what was expected.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/net/ip.hpp"
#include "common/net/mac.hpp"

namespace patchbay::contract {

inline constexpr std::size_t kMaxInput = 1 << 20;
inline constexpr unsigned kMaxDepth = 64;
inline constexpr std::size_t kMaxValues = 1 << 17;  // a value takes up to 30 times the memory of its text

class Json {
 public:
  // Parses a whole document. Refuses more than kMaxDepth levels or kMaxValues values, duplicate keys, invalid UTF-8 and
  // trailing data: decode_failure, saying where.
  static Json parse(std::string_view text);
  static Json wrap(nlohmann::json value);

  // --- members of an object -------------------------------------------------------------------
  [[nodiscard]] std::optional<Json> find(std::string_view key) const;
  [[nodiscard]] bool has(std::string_view key) const { return find(key).has_value(); }
  [[nodiscard]] bool is_null(std::string_view key) const;  // there, and null
  [[nodiscard]] bool flag(std::string_view key, bool otherwise = false) const;
  [[nodiscard]] std::optional<std::string> text(std::string_view key) const;
  [[nodiscard]] std::string text_or(std::string_view key, std::string_view otherwise) const;
  struct Bounds {
    std::int64_t low, high;
  };
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key, Bounds bounds) const;
  [[nodiscard]] std::optional<Json> object(std::string_view key) const;
  // Elements of an array; empty when absent. At most `limit` of them.
  [[nodiscard]] std::vector<Json> list(std::string_view key, std::size_t limit = 4096) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view key, std::size_t limit = 4096) const;
  [[nodiscard]] std::optional<net::Ip> ip(std::string_view key) const;
  [[nodiscard]] std::optional<net::Cidr> cidr(std::string_view key) const;
  [[nodiscard]] std::optional<net::Mac> mac(std::string_view key) const;

  // --- this value itself -----------------------------------------------------------------------
  [[nodiscard]] bool is_object() const;
  [[nodiscard]] bool is_array() const;
  [[nodiscard]] bool is_text() const;
  [[nodiscard]] std::string as_text() const;
  [[nodiscard]] std::vector<Json> elements(std::size_t limit = 4096) const;  // of an array
  [[nodiscard]] std::vector<std::string> keys() const;                       // of an object
  [[nodiscard]] const std::string& pointer() const { return pointer_; }
  [[nodiscard]] const nlohmann::json& raw() const { return *value_; }
  [[nodiscard]] std::string dump() const;

 private:
  Json(std::shared_ptr<const nlohmann::json> root, const nlohmann::json* value, std::string pointer);
  std::shared_ptr<const nlohmann::json> root_;
  const nlohmann::json* value_;
  std::string pointer_;
};

}  // namespace patchbay::contract
