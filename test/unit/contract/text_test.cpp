// SPDX-License-Identifier: Apache-2.0
#include "common/contract/detail/text.hpp"

#include "common/contract/json.hpp"
#include "test/support/catch.hpp"

using patchbay::contract::Json;
using patchbay::contract::detail::bounded;
using patchbay::contract::detail::json_quote;
using patchbay::contract::detail::message_quote;
using patchbay::contract::detail::ObjectText;
using patchbay::contract::detail::one_line;

TEST_CASE("A string is quoted as Go quotes it") {
  CHECK(json_quote("plain é 😀") == "\"plain é 😀\"");
  CHECK(json_quote("<a href=\"x\">&\\/") == R"("\u003ca href=\"x\"\u003e\u0026\\/")");
  CHECK(json_quote("\b\f\n\r\t\x01\x1f\x7f") == "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
  CHECK(json_quote("\u2028\u2029\u2027") == "\"\\u2028\\u2029\u2027\"");
  CHECK(json_quote({"\0", 1}) == "\"\\u0000\"");
}

TEST_CASE("Bytes that are no UTF-8 never reach the output") {
  for (const char* bytes : {"\xff", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
                            "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\x80"}) {
    const std::string quoted = json_quote(bytes);
    CAPTURE(quoted);
    CHECK(quoted.starts_with("\"\\ufffd"));
    CHECK_NOTHROW(Json::parse(quoted));
  }
  CHECK(json_quote("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf") == "\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\"");
}

TEST_CASE("In a message, what comes from outside is quoted and cut") {
  CHECK(message_quote("a\"b\n\x02") == R"("a\"b\n\x02")");
  CHECK(message_quote(std::string(5000, 'x')).size() < 600);
  CHECK(message_quote(std::vector<std::string>{"a", "b c"}) == R"(["a" "b c"])");
  CHECK(message_quote(std::vector<std::string>{}) == "[]");
}

TEST_CASE("A message is one line, and no longer than a log can bear") {
  CHECK(one_line("a\nb\x01\u00e9\x7f") == "a\\nb\\x01\u00e9\\x7f");
  CHECK(bounded("short") == "short");
  CHECK(bounded(std::string(8192, 'x')) == std::string(8192, 'x'));
  CHECK(bounded(std::string(1'000'000, 'x')) == std::string(8192, 'x') + "...");
}

TEST_CASE("An object is indented by four spaces a level") {
  ObjectText inner;
  inner.number("n", -1).list_unless_empty("none", {});
  ObjectText outer;
  outer.text("b", "x").rendered("a", inner.render()).list_unless_empty("l", {inner.render(), "2"});
  CHECK(outer.render() ==
        "{\n    \"b\": \"x\",\n    \"a\": {\n        \"n\": -1\n    },\n"
        "    \"l\": [\n        {\n            \"n\": -1\n        },\n        2\n    ]\n}");
  CHECK(outer.render(true).starts_with("{\n    \"a\": {"));
  CHECK(ObjectText{}.render() == "{}");
}
