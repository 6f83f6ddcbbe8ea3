// SPDX-License-Identifier: Apache-2.0
#include "test/unit/contract/support.hpp"

using patchbay::Code;
using patchbay::contract::Args;
using patchbay::test::error_of;

TEST_CASE("CNI_ARGS are pairs, found by their exact key") {
  const Args args = Args::parse("IP=10.0.0.5/24;MAC=02:00:00:00:00:01;EMPTY=;IP=10.0.0.6/24");
  CHECK(args.find("IP") == "10.0.0.6/24");
  CHECK(args.find("MAC") == "02:00:00:00:00:01");
  CHECK(args.find("EMPTY") == "");
  CHECK_FALSE(args.find("ip"));
  CHECK_FALSE(Args::parse("").find("IP"));
}

TEST_CASE("CNI_ARGS of another form are refused in the reference's words") {
  struct Case {
    std::string text, says;
  };
  const auto test = GENERATE(values<Case>({
      {"a=b=c", R"(ARGS: invalid pair "a=b=c")"},
      {"a=b;", R"(ARGS: invalid pair "")"},
      {";a=b", R"(ARGS: invalid pair "")"},
      {"a", R"(ARGS: invalid pair "a")"},
      {"a=b;c\nd", R"(ARGS: invalid pair "c\nd")"},
      {"IgnoreUnknown=yes",
       R"(ARGS: error parsing value of pair "IgnoreUnknown=yes": boolean unmarshal error: invalid input yes)"},
      {"IgnoreUnknown=",
       R"(ARGS: error parsing value of pair "IgnoreUnknown=": boolean unmarshal error: invalid input )"},
  }));
  const auto error = error_of([&] { Args::parse(test.text); });
  CHECK(error.code() == Code::invalid_environment);
  CHECK(error.summary() == test.says);
  CHECK_FALSE(error.details().empty());
}

TEST_CASE("CNI_ARGS are bounded") {
  CHECK(Args::parse("a=" + std::string(65534, 'x')).find("a"));
  CHECK(error_of([] { Args::parse("a=" + std::string(65535, 'x')); }).code() == Code::invalid_environment);
}

TEST_CASE("A key that a plugin does not know is refused, unless told otherwise") {
  CHECK_NOTHROW(Args::parse("MAC=x;IP=y").refuse_unknown({"IP", "MAC"}));
  const auto error = error_of([] { Args::parse("X=Y;MAC=x;mac=z").refuse_unknown({"MAC"}); });
  CHECK(error.code() == Code::invalid_environment);
  CHECK(error.summary() == R"(ARGS: unknown args ["X=Y" "mac=z"])");
  for (const char* yes : {"1", "true", "True", "TRUE"}) {
    CHECK_NOTHROW(Args::parse(std::string{"K8S_POD_NAME=p;IgnoreUnknown="} + yes).refuse_unknown({}));
  }
  for (const char* no : {"0", "false", "FALSE"}) {
    CHECK_THROWS(Args::parse(std::string{"IgnoreUnknown="} + no + ";X=Y").refuse_unknown({}));
  }
}
