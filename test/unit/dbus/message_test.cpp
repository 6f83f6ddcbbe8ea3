// SPDX-License-Identifier: Apache-2.0
// Messages byte for byte, and bytes that are none.
#include "common/dbus/message.hpp"

#include <bit>
#include <cstring>

#include "common/base/error.hpp"
#include "test/support/catch.hpp"
#include "test/support/fake_bus.hpp"

using namespace patchbay;
using namespace patchbay::dbus;
using patchbay::test::encode_answer;

namespace {

void set_number(Bytes& bytes, std::size_t at, std::uint32_t value) { std::memcpy(&bytes[at], &value, sizeof value); }

void check_refused(const Bytes& bytes) {
  CHECK_THROWS_AS(decode(bytes), Error);
  try {
    static_cast<void>(decode(bytes));
  } catch (const Error& error) {
    CHECK(error.code() == Code::decode_failure);
  }
}

}  // namespace

TEST_CASE("a call is encoded as others encode it") {
  if constexpr (std::endian::native != std::endian::little) return;
  const Bytes bytes =
      encode({.destination = "a.b", .path = "/a", .interface = "a.b", .member = "Do", .arguments = {"x"}}, 0x01020304);
  const std::string expected{
      "l\1\2\1\6\0\0\0\4\3\2\1\x47\0\0\0"
      "\1\1o\0\2\0\0\0/a\0\0\0\0\0\0"
      "\2\1s\0\3\0\0\0a.b\0\0\0\0\0"
      "\3\1s\0\2\0\0\0Do\0\0\0\0\0\0"
      "\6\1s\0\3\0\0\0a.b\0\0\0\0\0"
      "\x8\1g\0\1s\0\0"
      "\1\0\0\0x\0",
      16 + 16 * 4 + 8 + 6};
  CHECK(std::string{bytes.begin(), bytes.end()} == expected);
  CHECK(size_of_message(bytes) == bytes.size());
}

TEST_CASE("answers are understood") {
  const Message text = decode(encode_answer(7, {.error = {}, .text = "trusted", .flag = {}}));
  CHECK(text.type == Message::Type::reply);
  CHECK(text.reply_to == 7);
  CHECK(text.text == "trusted");
  CHECK(decode(encode_answer(7, {.error = {}, .text = {}, .flag = true})).flag);
  CHECK_FALSE(decode(encode_answer(7, {.error = {}, .text = {}, .flag = false})).flag);
  const Message error = decode(encode_answer(8, {.error = "a.b.C", .text = "INVALID_ZONE: x", .flag = {}}));
  CHECK(error.type == Message::Type::error);
  CHECK(error.error == "a.b.C");
  CHECK(error.text == "INVALID_ZONE: x");
}

TEST_CASE("what is no message is refused, wherever it ends") {
  const Bytes good = encode_answer(7, {.error = "a.b.C", .text = "why", .flag = {}});
  REQUIRE_NOTHROW(decode(good));
  for (std::size_t size = 0; size < good.size(); ++size)
    check_refused({good.begin(), good.begin() + static_cast<long>(size)});
  Bytes longer = good;
  longer.push_back(0);
  check_refused(longer);
  Bytes bytes = good;
  bytes[0] = bytes[0] == 'l' ? 'B' : 'l';
  check_refused(bytes);
  bytes = good;
  bytes[3] = 2;  // version
  check_refused(bytes);
  for (const std::size_t length : {4U, 12U}) {  // of the body, of the fields
    for (const std::uint32_t lie : {0U, 1U, 0x7fffffffU, 0xffffffffU}) {
      bytes = good;
      set_number(bytes, length, lie);
      check_refused(bytes);
    }
  }
  bytes = good;
  bytes[18] = 'v';  // the type of the first field
  check_refused(bytes);
}
