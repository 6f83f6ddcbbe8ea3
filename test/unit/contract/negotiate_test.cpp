// SPDX-License-Identifier: Apache-2.0
#include "common/contract/detail/verbatim_error.hpp"
#include "test/unit/contract/support.hpp"

using namespace patchbay::contract;
using patchbay::Code;
using patchbay::test::error_of;
using patchbay::test::request;

namespace {

std::string with_version(const std::string& version) { return R"({"name":"net","cniVersion":")" + version + "\"}"; }

}  // namespace

TEST_CASE("A configuration without version is one of 0.1.0") {
  CHECK(request(R"({"name":"net"})").version == Version{0, 1, 0});
  CHECK(request(with_version("")).version == Version{0, 1, 0});
}

TEST_CASE("ADD and DEL take every version that we speak, to the letter") {
  for (const auto command : {Command::add, Command::del}) {
    for (const auto version : kSupportedVersions) {
      CHECK(request(with_version(std::string{version}), command).version == Version::parse(version));
    }
    for (const char* version : {"9.9.9", "1.1", "1.2.0", "x", "1.1.0.0", "01.1.0"}) {
      const auto error = error_of([&] { request(with_version(version), command); });
      CHECK(error.code() == Code::incompatible_version);
      CHECK(error.summary() == "incompatible CNI versions");
    }
  }
  try {
    request(with_version("9.9.9"));
    FAIL("nothing was thrown");
  } catch (const detail::VerbatimError& error) {
    CHECK(error.verbatim() ==
          R"(config is "9.9.9", plugin supports ["0.1.0" "0.2.0" "0.3.0" "0.3.1" "0.4.0" "1.0.0" "1.1.0"])");
  }
}

TEST_CASE("CHECK, GC and STATUS begin with the version that has them") {
  struct Case {
    Command command;
    std::string version;
    Code code;
    std::string says;
  };
  const auto test = GENERATE(values<Case>({
      {Command::check, "0.3.1", Code::incompatible_version, "config version does not allow CHECK"},
      {Command::check, "", Code::incompatible_version, "config version does not allow CHECK"},
      {Command::check, "2.0.0", Code::incompatible_version, "plugin version does not allow CHECK"},
      {Command::check, "1.0.1", Code::incompatible_version, "incompatible CNI versions"},
      {Command::gc, "1.0.0", Code::incompatible_version, "config version does not allow GC"},
      {Command::gc, "1.1.1", Code::incompatible_version, "plugin version does not allow GC"},
      {Command::status, "0.4.0", Code::incompatible_version, "config version does not allow STATUS"},
      {Command::status, "1.2", Code::incompatible_version, "plugin version does not allow STATUS"},
      {Command::check, "1.1.0.0", Code::decode_failure, R"(invalid version "1.1.0.0": too many parts)"},
      {Command::gc, "x.1.0", Code::decode_failure,
       R"(failed to convert major version part "x": strconv.Atoi: parsing "x": invalid syntax)"},
      {Command::status, "1.y", Code::decode_failure,
       R"(failed to convert minor version part "y": strconv.Atoi: parsing "y": invalid syntax)"},
      {Command::status, "1.1.", Code::decode_failure,
       R"(failed to convert micro version part "": strconv.Atoi: parsing "": invalid syntax)"},
  }));
  CAPTURE(test.version);
  const auto error = error_of([&] { request(with_version(test.version), test.command); });
  CHECK(error.code() == test.code);
  CHECK(error.summary() == test.says);
}

TEST_CASE("CHECK, GC and STATUS are served from their version on") {
  for (const char* version : {"0.4.0", "1.0.0", "1.1.0"}) CHECK_NOTHROW(request(with_version(version), Command::check));
  CHECK_NOTHROW(request(with_version("1.1.0"), Command::gc));
  CHECK_NOTHROW(request(with_version("1.1.0"), Command::status));
}
