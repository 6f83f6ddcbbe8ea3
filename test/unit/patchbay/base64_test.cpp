// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/base64.hpp"

#include "test/support/catch.hpp"

using namespace patchbay::cli;

TEST_CASE("base64 is that of RFC 4648, section 10") {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    CHECK(to_base64(bytes) == text);
    CHECK(from_base64(text) == bytes);
  }
}

TEST_CASE("base64 carries every byte") {
  std::string bytes;
  for (int length = 0; length < 300; ++length) {
    CHECK(from_base64(to_base64(bytes)) == bytes);
    bytes += static_cast<char>(length * 7);
  }
}

TEST_CASE("base64 that nobody wrote is refused") {
  for (const char* text :
       {"Z", "Zg", "Zg=", "Zg===", "=", "====", "Zh==", "Zm9=", "Z=m9", "Zm9v\n", "Zm-v", "Zg==Zg=="}) {
    INFO(text);
    CHECK_FALSE(from_base64(text).has_value());
  }
}
