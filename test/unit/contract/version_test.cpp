// SPDX-License-Identifier: Apache-2.0
#include "common/contract/version.hpp"

#include "test/support/catch.hpp"

using patchbay::contract::kSupportedVersions;
using patchbay::contract::Version;

TEST_CASE("A version has one to three numbers") {
  CHECK(Version::parse("1.1.0") == Version{1, 1, 0});
  CHECK(Version::parse("1.1") == Version{1, 1, 0});
  CHECK(Version::parse("1") == Version{1, 0, 0});
  CHECK(Version::parse("0.3.1") == Version{0, 3, 1});
  for (const char* text : {"", ".", "1.", ".1", "1..0", "1.1.0.", "1.1.0.0", "a", "1.x", "1.1.0-rc1", " 1.1.0",
                           "+1.0.0", "-1.0.0", "4294967296.0.0"}) {
    CAPTURE(text);
    CHECK_FALSE(Version::parse(text));
  }
}

TEST_CASE("Every version that we speak survives parsing and printing, and they ascend") {
  Version previous;
  for (const auto text : kSupportedVersions) {
    const auto version = Version::parse(text);
    REQUIRE(version);
    CHECK(version->to_string() == text);
    CHECK(previous < *version);
    previous = *version;
  }
}
