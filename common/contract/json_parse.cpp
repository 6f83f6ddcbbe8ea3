// SPDX-License-Identifier: Apache-2.0
// Parsing with bounds. The parser calls back for every token, so that depth, width and duplicate
// keys are refused where they stand, before anything is built from them.
#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "common/contract/detail/json_read.hpp"
#include "common/contract/detail/text.hpp"

namespace patchbay::contract {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestExplanation = 300;

// The library's words without its tag, "[json.exception.parse_error.101] ".
std::string explanation(const std::exception& failure) {
  std::string_view text = failure.what();
  if (const auto end = text.find("] "); text.starts_with('[') && end != std::string_view::npos) {
    text.remove_prefix(end + 2);
  }
  return std::string{text.substr(0, kLongestExplanation)};
}

// Builds the document; throws Error at the first thing that we do not take.
class Builder : public nlohmann::json_sax<json> {
 public:
  json document;

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return false; }  // not in JSON text

  bool start_object(std::size_t /*size*/) override { return open(json::object()); }
  bool start_array(std::size_t /*size*/) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    json& object = *open_.back().value;
    const auto [member, is_new] = object.get_ref<json::object_t&>().try_emplace(name, nullptr);
    open_.back().key = name;
    if (!is_new) {
      throw Error{Code::decode_failure, "the key " + detail::message_quote(name) + " is there twice"}.at(pointer());
    }
    open_.back().slot = &member->second;
    return true;
  }

  bool parse_error(std::size_t /*position*/, const std::string& /*token*/, const json::exception& failure) override {
    throw Error{Code::decode_failure, explanation(failure)};
  }

 private:
  struct Open {
    json* value;
    json* slot = nullptr;  // of an object: where the value of `key` goes
    std::string key = {};
  };
  std::vector<Open> open_;
  std::size_t values_ = 0;

  json* place(json value) {
    if (++values_ > kMaxValues) {
      throw Error{Code::decode_failure, "too many values"}.at(pointer()).expected(
          "at most " + std::to_string(kMaxValues) + " values");
    }
    if (open_.empty()) return &(document = std::move(value));
    Open& top = open_.back();
    if (top.value->is_object()) return &(*top.slot = std::move(value));
    top.value->push_back(std::move(value));
    return &top.value->back();
  }

  bool add(json value) {
    place(std::move(value));
    return true;
  }

  bool open(json container) {
    if (open_.size() == kMaxDepth) {
      throw Error{Code::decode_failure, "nested too deeply"}.at(pointer()).expected(
          "at most " + std::to_string(kMaxDepth) + " levels");
    }
    open_.push_back({place(std::move(container))});
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  [[nodiscard]] std::string pointer() const {
    std::string text;
    for (const Open& level : open_) {
      // The innermost level's element is yet to come, those of the outer ones are in their arrays.
      const std::size_t index = level.value->size() - (&level == &open_.back() ? 0 : 1);
      text = detail::pointer_to(text, level.value->is_object() ? level.key : std::to_string(index));
    }
    return text;
  }
};

}  // namespace

Json Json::parse(std::string_view text) {
  if (text.size() > kMaxInput) {
    throw Error{Code::decode_failure, "a document of " + std::to_string(text.size()) + " bytes"}.expected(
        "at most " + std::to_string(kMaxInput) + " bytes");
  }
  Builder builder;
  json::sax_parse(text, &builder);  // strict: trailing data is an error
  return wrap(std::move(builder.document));
}

Json Json::wrap(json value) {
  auto root = std::make_shared<const json>(std::move(value));
  const json* top = root.get();
  return {std::move(root), top, ""};
}

}  // namespace patchbay::contract
