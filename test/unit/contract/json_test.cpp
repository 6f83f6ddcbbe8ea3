// SPDX-License-Identifier: Apache-2.0
#include "common/contract/json.hpp"

#include <functional>
#include <nlohmann/json.hpp>

#include "test/unit/os/scratch.hpp"

using patchbay::Code;
using patchbay::contract::Json;
using patchbay::contract::kMaxDepth;
using patchbay::contract::kMaxInput;
using patchbay::contract::kMaxValues;
using patchbay::test::contains;
using patchbay::test::error_of;

namespace {

std::string nested(unsigned levels) { return std::string(levels, '[') + std::string(levels, ']'); }

}  // namespace

TEST_CASE("Text that is no JSON document is refused, with the place") {
  const auto text =
      GENERATE(as<std::string>{}, "", " ", "{", "{\"a\":1", "[1,]", "{\"a\":}", "{'a':1}", "nul", "NaN", "{\"a\":NaN}",
               "{\"a\":Infinity}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":1e999}", "\"\\ud800\"", "\"\xff\"",
               "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "{\"a\":1} x", "{}{}", "// x\n{}", "\"\x01\"");
  CAPTURE(text);
  const auto error = error_of([&] { Json::parse(text); });
  CHECK(error.code() == Code::decode_failure);
  CHECK_FALSE(contains(error.summary(), "json.exception"));
  CHECK_FALSE(error.summary().empty());
}

TEST_CASE("A refusal says the line and the column") {
  CHECK(contains(error_of([] { Json::parse("{\n  \"a\": 1,,\n}"); }).summary(), "line 2, column 10"));
}

TEST_CASE("A refusal does not repeat a whole document") {
  CHECK(error_of([] { Json::parse("{\"a\":\"" + std::string(500000, 'x')); }).summary().size() < 500);
}

TEST_CASE("A text may be as long as kMaxInput, not longer") {
  const std::string blank(kMaxInput - 2, ' ');
  CHECK(Json::parse("{" + blank + "}").is_object());
  CHECK(error_of([&] { Json::parse("{ " + blank + "}"); }).code() == Code::decode_failure);
}

TEST_CASE("Nesting is bounded, however deep the text goes") {
  CHECK(Json::parse(nested(kMaxDepth)).is_array());
  CHECK(contains(error_of([] { Json::parse(nested(kMaxDepth + 1)); }).details(), "at most 64 levels"));
  CHECK(error_of([] { Json::parse(nested(400000)); }).code() == Code::decode_failure);
  CHECK(error_of([] { Json::parse(std::string(900000, '[')); }).code() == Code::decode_failure);
}

TEST_CASE("The pointer of what is nested too deeply leads there") {
  std::string text;
  for (unsigned i = 0; i < kMaxDepth + 1; ++i) text += "{\"k\":[0,";
  CHECK(error_of([&] { Json::parse(text); }).pointer().starts_with("/k/1/k/1/k"));
}

TEST_CASE("The number of values is bounded, since each takes more memory than its text") {
  const auto list = [](std::size_t elements) {
    std::string text = "[0";
    for (std::size_t i = 1; i < elements; ++i) text += ",0";
    return text + "]";
  };
  CHECK_NOTHROW(Json::parse(list(kMaxValues - 1)));  // and the list itself
  const auto error = error_of([&] { Json::parse(list(kMaxValues)); });
  CHECK(error.code() == Code::decode_failure);
  CHECK(error.pointer() == "/" + std::to_string(kMaxValues - 1));
}

TEST_CASE("A key must not be there twice, on any level") {
  const auto error = error_of([] { Json::parse(R"({"a":[{}, {"x~/":1,"b":{},"x~/":2}]})"); });
  CHECK(error.code() == Code::decode_failure);
  CHECK(error.pointer() == "/a/1/x~0~1");
  CHECK(contains(error.summary(), "twice"));
  CHECK(Json::parse(R"({"a":{"a":1},"b":{"a":1}})").is_object());
}

TEST_CASE("A document is read as it stands") {
  const Json json =
      Json::parse(R"( {"text":"\u00e9\ud83d\ude00","list":[1,"two",null,{"k":[]}],"yes":true,"no":false} )");
  CHECK(json.text("text") == "é😀");
  CHECK(json.flag("yes"));
  CHECK_FALSE(json.flag("no", true));
  CHECK(json.list("list").size() == 4);
  CHECK(json.list("list")[3].list("k").empty());
  CHECK(json.list("list")[3].pointer() == "/list/3");
  CHECK(json.keys() == std::vector<std::string>{"list", "no", "text", "yes"});
  CHECK(json.dump() == R"({"list":[1,"two",null,{"k":[]}],"no":false,"text":"é😀","yes":true})");
  CHECK(json.raw().size() == 4);
}

TEST_CASE("A member outlives the document that it was found in") {
  const auto member = Json::parse(R"({"a":{"b":["x"]}})").object("a");
  REQUIRE(member);
  CHECK(member->texts("b") == std::vector<std::string>{"x"});
}

TEST_CASE("A key is found exactly, or else in another case") {
  const Json json = Json::parse(R"({"ISGATEWAY":true,"mtu":1500,"MTU":9000,"é":1})");
  CHECK(json.flag("isGateway"));
  CHECK(json.integer("mtu", {0, 65535}) == 1500);
  CHECK(json.integer("MTU", {0, 65535}) == 9000);
  CHECK_FALSE(json.has("É"));
  CHECK(json.find("isGateway")->pointer() == "/ISGATEWAY");
  const auto error = error_of([&] { return json.find("Mtu"); });
  CHECK(contains(error.summary(), "two spellings"));
}

TEST_CASE("null and the absent are the same") {
  const Json json = Json::parse(R"({"a":null})");
  CHECK_FALSE(json.has("a"));
  CHECK(json.flag("a", true));
  CHECK_FALSE(json.text("a"));
  CHECK(json.text_or("a", "other") == "other");
  CHECK_FALSE(json.integer("a", {0, 1}));
  CHECK(json.list("a").empty());
  CHECK_FALSE(json.object("a"));
  CHECK_FALSE(json.ip("a"));
  CHECK_FALSE(json.mac("a"));
}

TEST_CASE("A wrong type is a decode failure that says where and what") {
  const Json json = Json::parse(R"({"mtu":"1500","name":5,"flag":1,"list":{},"object":[],"texts":["a",{}],"half":1500.5,
                                    "ipam":{"subnet":7}})");
  struct Case {
    std::string what, pointer, says, expected;
    std::function<void()> work;
  };
  const std::vector<Case> cases{
      {"integer", "/mtu", "mtu is a string", "a whole number from 0 to 65535",
       [&] {
         return json.integer("mtu", {0, 65535});
       }},
      {"fraction", "/half", "half is the number 1500.5", "a whole number",
       [&] {
         return json.integer("half", {0, 65535});
       }},
      {"text", "/name", "name is the number 5", "a string", [&] { return json.text("name"); }},
      {"flag", "/flag", "flag is the number 1", "true or false", [&] { return json.flag("flag"); }},
      {"list", "/list", "list is an object", "an array", [&] { return json.list("list"); }},
      {"object", "/object", "object is an array", "an object", [&] { return json.object("object"); }},
      {"element", "/texts/1", "texts/1 is an object", "a string", [&] { return json.texts("texts"); }},
      {"find in a scalar", "/name", "name is the number 5", "an object", [&] { return json.find("name")->find("x"); }},
      {"address", "/ipam/subnet", "subnet is the number 7", "a string",
       [&] { return json.object("ipam")->cidr("subnet"); }}};
  for (const Case& test : cases) {
    CAPTURE(test.what);
    const auto error = error_of(test.work);
    CHECK(error.code() == Code::decode_failure);
    CHECK(error.pointer() == test.pointer);
    CHECK(error.summary() == test.says);
    CHECK(contains(error.details(), "expected " + test.expected));
  }
}

TEST_CASE("A number that is out of bounds is an invalid configuration") {
  const auto number = GENERATE(as<std::string>{}, "-1", "65536", "4294968796", "9223372036854775808",
                               "18446744073709551615", "-9223372036854775808");
  CAPTURE(number);
  const Json json = Json::parse("{\"mtu\":" + number + "}");
  const auto error = error_of([&] { return json.integer("mtu", {0, 65535}); });
  CHECK(error.code() == Code::invalid_config);
  CHECK(error.summary() == "mtu is " + number);
  CHECK(contains(error.details(), "from 0 to 65535"));
}

TEST_CASE("Numbers beyond 64 bits and with exponents are no whole numbers") {
  for (const char* number : {"18446744073709551616", "1e3", "1.0", "-0.0"}) {
    CAPTURE(number);
    const Json json = Json::parse(std::string{"{\"n\":"} + number + "}");
    CHECK(error_of([&] { return json.integer("n", {INT64_MIN, INT64_MAX}); }).code() == Code::decode_failure);
  }
  CHECK(Json::parse("{\"n\":-9223372036854775808}").integer("n", {INT64_MIN, INT64_MAX}) == INT64_MIN);
}

TEST_CASE("Addresses are read as values; what is none is an invalid configuration") {
  const Json json =
      Json::parse(R"({"ip":"fd00::1","net":"10.1.2.3/24","mac":"02:00:5e:10:00:01","none":"","bad":"10.0.0.256",
                                    "long":")" +
                  std::string(3000, 'x') + "\"}");
  CHECK(json.ip("ip")->to_string() == "fd00::1");
  CHECK(json.cidr("net")->to_string() == "10.1.2.3/24");
  CHECK(json.mac("mac")->to_string() == "02:00:5e:10:00:01");
  CHECK_FALSE(json.ip("none"));
  for (const auto& error : {error_of([&] { return json.ip("bad"); }), error_of([&] { return json.cidr("bad"); }),
                            error_of([&] { return json.mac("bad"); }), error_of([&] { return json.cidr("none"); })}) {
    CHECK(error.code() == Code::invalid_config);
  }
  CHECK(error_of([&] { return json.ip("bad"); }).summary() == "bad is \"10.0.0.256\"");
  CHECK(error_of([&] { return json.ip("long"); }).summary().size() < 600);
}

TEST_CASE("A list has at most as many elements as its reader takes") {
  const Json json = Json::parse(R"({"a":[1,2,3]})");
  CHECK(json.list("a", 3).size() == 3);
  const auto error = error_of([&] { return json.list("a", 2); });
  CHECK(error.code() == Code::invalid_config);
  CHECK(error.summary() == "a has 3 elements");
}
