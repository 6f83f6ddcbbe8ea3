// SPDX-License-Identifier: Apache-2.0
// Attributes that are not well formed end the reading, and nothing else.
#include <linux/rtnetlink.h>

#include "common/wire/message.hpp"
#include "test/support/catch.hpp"

using namespace patchbay::wire;
using Bytes = std::vector<std::uint8_t>;

namespace {

std::size_t count(const Bytes& bytes) {
  std::size_t seen = 0;
  Attributes{bytes}.for_each([&](const Attribute&) { ++seen; });
  return seen;
}

}  // namespace

TEST_CASE("lengths that lie end the list") {
  CHECK(count({}) == 0);
  CHECK(count({8, 0, 1}) == 0);                                   // not even a header
  CHECK(count({0, 0, 1, 0, 8, 0, 1, 0, 1, 2, 3, 4}) == 0);        // zero
  CHECK(count({3, 0, 1, 0, 8, 0, 1, 0, 1, 2, 3, 4}) == 0);        // less than a header
  CHECK(count({9, 0, 1, 0, 1, 2, 3, 4}) == 0);                    // beyond the end by one
  CHECK(count({0xff, 0xff, 1, 0, 1, 2, 3, 4}) == 0);              // far beyond
  CHECK(count({8, 0, 1, 0, 1, 2, 3, 4, 0xff, 0xff, 2, 0}) == 1);  // the second one
  CHECK(count({4, 0, 1, 0, 4, 0, 2, 0}) == 2);                    // empty ones are fine
  CHECK(count({5, 0, 1, 0, 7}) == 1);                             // the last needs no padding
}

TEST_CASE("short values are absent, not read past their end") {
  const Bytes bytes{5, 0, 1, 0, 7, 0, 0, 0, 6, 0, 2, 0, 1, 2, 0, 0};
  const Attributes attributes{bytes};
  CHECK(attributes.u8(1) == 7);
  CHECK_FALSE(attributes.u16(1));
  CHECK_FALSE(attributes.u32(2));
  CHECK_FALSE(attributes.be32(2));
  CHECK_FALSE(attributes.be64(2));
  CHECK(attributes.u16(2) == 0x0201);
  CHECK(attributes.nested(9).empty());
}

TEST_CASE("flags of the type do not hide the attribute") {
  const Bytes bytes{8, 0, 1, 0x80, 1, 2, 3, 4, 8, 0, 2, 0x40, 1, 2, 3, 4};
  const Attributes attributes{bytes};
  CHECK(attributes.find(1));
  CHECK(attributes.be32(2) == 0x01020304);
}

TEST_CASE("text ends at its NUL or with the attribute") {
  const Bytes bytes{8, 0, 1, 0, 'a', 'b', 0, 'c', 6, 0, 2, 0, 'x', 'y', 0, 0, 4, 0, 3, 0};
  const Attributes attributes{bytes};
  CHECK(attributes.text(1) == "ab");
  CHECK(attributes.text(2) == "xy");
  CHECK(attributes.text(3).empty());
  CHECK(attributes.text(4).empty());
}

TEST_CASE("of two attributes of one type the first counts") {
  const Bytes bytes{5, 0, 1, 0, 7, 0, 0, 0, 5, 0, 1, 0, 8, 0, 0, 0};
  CHECK(Attributes{bytes}.u8(1) == 7);
}

TEST_CASE("a payload shorter than its header is no message") {
  const Bytes bytes(sizeof(ifinfomsg));
  CHECK(parse<ifinfomsg>(bytes));
  CHECK_FALSE(parse<ifinfomsg>(std::span{bytes}.first(sizeof(ifinfomsg) - 1)));
  // a header whose size is not a multiple of 4, right at the end
  CHECK(parse<rtgenmsg>(std::span{bytes}.first(1))->second.empty());
}
