// SPDX-License-Identifier: Apache-2.0
#include "common/contract/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "common/contract/detail/json_read.hpp"
#include "common/contract/detail/text.hpp"

namespace patchbay::contract {
namespace {

using nlohmann::json;

std::string kind_of(const json& value) {
  if (value.is_null()) return "null";
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number()) return "the number " + value.dump();
  if (value.is_string()) return "a string";
  return value.is_array() ? "an array" : "an object";
}

Error wrong_type(const Json& value, std::string expectation) {
  Error error{Code::decode_failure, detail::name_of(value.pointer()) + " is " + kind_of(value.raw())};
  return error.at(value.pointer()).expected(std::move(expectation));
}

Error bad_text(const Json& value, Code code, std::string expectation) {
  Error error{code, detail::name_of(value.pointer()) + " is " + detail::message_quote(value.as_text())};
  return error.at(value.pointer()).expected(std::move(expectation));
}

bool same_but_for_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

json::const_iterator member(const json& object, std::string_view key, const std::string& pointer) {
  auto found = object.find(key);
  if (found != object.end()) return found;
  for (auto other = object.begin(); other != object.end(); ++other) {
    if (!same_but_for_case(other.key(), key)) continue;
    if (found != object.end()) {  // Go takes the last of them; the document's author may mean either
      throw Error{Code::decode_failure, "the key " + detail::message_quote(key) + " is there in two spellings"}.at(
          detail::pointer_to(pointer, other.key()));
    }
    found = other;
  }
  return found;
}

}  // namespace

Json::Json(std::shared_ptr<const json> root, const json* value, std::string pointer)
    : root_(std::move(root)), value_(value), pointer_(std::move(pointer)) {}

std::optional<Json> Json::find(std::string_view key) const {
  if (!value_->is_object()) throw wrong_type(*this, "an object");
  const auto found = member(*value_, key, pointer_);
  if (found == value_->end() || found->is_null()) return std::nullopt;
  return Json{root_, &*found, detail::pointer_to(pointer_, found.key())};
}

bool Json::is_null(std::string_view key) const {
  if (!value_->is_object()) throw wrong_type(*this, "an object");
  const auto found = member(*value_, key, pointer_);
  return found != value_->end() && found->is_null();
}

bool Json::flag(std::string_view key, bool otherwise) const {
  const auto member = find(key);
  if (!member) return otherwise;
  if (!member->value_->is_boolean()) throw wrong_type(*member, "true or false");
  return member->value_->get<bool>();
}

std::optional<std::string> Json::text(std::string_view key) const {
  const auto member = find(key);
  if (!member) return std::nullopt;
  return member->as_text();
}

std::string Json::text_or(std::string_view key, std::string_view otherwise) const {
  auto found = text(key);
  return found ? std::move(*found) : std::string{otherwise};
}

std::optional<std::int64_t> Json::integer(std::string_view key, Bounds bounds) const {
  return detail::read_integer(*this, key, bounds, Code::invalid_config);
}

std::optional<Json> Json::object(std::string_view key) const {
  auto member = find(key);
  if (member && !member->is_object()) throw wrong_type(*member, "an object");
  return member;
}

std::vector<Json> Json::list(std::string_view key, std::size_t limit) const {
  const auto member = find(key);
  return member ? member->elements(limit) : std::vector<Json>{};
}

std::vector<std::string> Json::texts(std::string_view key, std::size_t limit) const {
  std::vector<std::string> all;
  for (const Json& element : list(key, limit)) all.push_back(element.as_text());
  return all;
}

std::optional<net::Ip> Json::ip(std::string_view key) const {
  return detail::read_ip(*this, key, Code::invalid_config);
}

std::optional<net::Cidr> Json::cidr(std::string_view key) const {
  return detail::read_cidr(*this, key, Code::invalid_config);
}

std::optional<net::Mac> Json::mac(std::string_view key) const {
  const auto member = find(key);
  if (!member) return std::nullopt;
  auto mac = net::Mac::parse(member->as_text());
  if (!mac) throw bad_text(*member, Code::invalid_config, "a MAC address like 02:00:5e:10:00:01");
  return mac;
}

bool Json::is_object() const { return value_->is_object(); }
bool Json::is_array() const { return value_->is_array(); }
bool Json::is_text() const { return value_->is_string(); }

std::string Json::as_text() const {
  if (!value_->is_string()) throw wrong_type(*this, "a string");
  return value_->get<std::string>();
}

std::vector<Json> Json::elements(std::size_t limit) const {
  if (!value_->is_array()) throw wrong_type(*this, "an array");
  if (value_->size() > limit) {
    throw Error{Code::invalid_config,
                detail::name_of(pointer_) + " has " + std::to_string(value_->size()) + " elements"}
        .at(pointer_)
        .expected("at most " + std::to_string(limit));
  }
  std::vector<Json> all;
  all.reserve(value_->size());
  for (const json& element : *value_) {
    all.push_back(Json{root_, &element, detail::pointer_to(pointer_, std::to_string(all.size()))});
  }
  return all;
}

std::vector<std::string> Json::keys() const {
  if (!value_->is_object()) throw wrong_type(*this, "an object");
  std::vector<std::string> all;
  for (auto member = value_->begin(); member != value_->end(); ++member) all.push_back(member.key());
  return all;
}

std::string Json::dump() const { return value_->dump(-1, ' ', false, json::error_handler_t::replace); }

namespace detail {

std::optional<std::int64_t> read_integer(const Json& json, std::string_view key, Json::Bounds bounds, Code bad_value) {
  const auto member = json.find(key);
  if (!member) return std::nullopt;
  const auto expectation = "a whole number from " + std::to_string(bounds.low) + " to " + std::to_string(bounds.high);
  const auto& number = member->raw();
  if (!number.is_number_integer()) throw wrong_type(*member, expectation);
  // What is above the largest int64 would wrap in get<>.
  const bool too_large = number.is_number_unsigned() && number.get<std::uint64_t>() > INT64_MAX;
  const auto value = number.get<std::int64_t>();
  if (too_large || value < bounds.low || value > bounds.high) {
    throw Error{bad_value, name_of(member->pointer()) + " is " + number.dump()}
        .at(member->pointer())
        .expected(expectation);
  }
  return value;
}

std::optional<net::Ip> read_ip(const Json& json, std::string_view key, Code bad_value) {
  const auto member = json.find(key);
  if (!member) return std::nullopt;
  const std::string text = member->as_text();
  if (text.empty()) return std::nullopt;  // Go's net.IP takes the empty string for none
  auto ip = net::Ip::parse(text);
  if (!ip) throw bad_text(*member, bad_value, "an IP address");
  return ip;
}

std::optional<net::Cidr> read_cidr(const Json& json, std::string_view key, Code bad_value) {
  const auto member = json.find(key);
  if (!member) return std::nullopt;
  auto cidr = net::Cidr::parse(member->as_text());
  if (!cidr) throw bad_text(*member, bad_value, "an address with prefix length, like 10.1.2.3/24 or fd00::3/64");
  return cidr;
}

std::string name_of(std::string_view pointer) {
  if (pointer.empty()) return "the document";
  std::size_t slash = pointer.rfind('/');
  // A bare index says nothing: take what it indexes along.
  while (slash > 0 && pointer.substr(slash + 1).find_first_not_of("0123456789/") == std::string_view::npos) {
    slash = pointer.rfind('/', slash - 1);
  }
  return std::string{pointer.substr(slash + 1)};
}

std::string pointer_to(std::string_view parent, std::string_view key) {
  std::string pointer{parent};
  pointer += '/';
  for (const char c : key) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

}  // namespace detail
}  // namespace patchbay::contract
