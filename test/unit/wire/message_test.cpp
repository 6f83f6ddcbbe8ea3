// SPDX-License-Identifier: Apache-2.0
// What is built is what the kernel will read.
#include "common/wire/message.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <array>

#include "common/base/error.hpp"
#include "test/support/catch.hpp"

using namespace patchbay;
using namespace patchbay::wire;
using Bytes = std::vector<std::uint8_t>;

namespace {

Bytes behind_header(const Message& message) {
  const auto all = message.bytes();
  return {all.begin() + sizeof(nlmsghdr), all.end()};
}

Message empty() { return {RTM_NEWLINK, NLM_F_ACK, rtgenmsg{}}; }

Attributes read(const Message& message) {
  return parse<rtgenmsg>(message.bytes().subspan(sizeof(nlmsghdr))).value().second;
}

}  // namespace

TEST_CASE("the header says what was asked for, and that it is a request") {
  const Message message{RTM_GETLINK, NLM_F_ACK, ifinfomsg{.ifi_family = 7, .ifi_index = 5}};
  nlmsghdr header;
  std::memcpy(&header, message.bytes().data(), sizeof header);
  CHECK(header.nlmsg_type == RTM_GETLINK);
  CHECK(header.nlmsg_flags == (NLM_F_REQUEST | NLM_F_ACK));
  CHECK(header.nlmsg_len == sizeof(nlmsghdr) + sizeof(ifinfomsg));
  CHECK(message.bytes().size() == header.nlmsg_len);
  CHECK(parse<ifinfomsg>(message.bytes().subspan(sizeof header))->first.ifi_index == 5);
}

TEST_CASE("attributes are aligned and padded with zeroes") {
  auto message = empty();
  message.put_u8(1, 0xab).put_text(2, "xyz").put_flag(3).put_be16(4, 0x1234);
  CHECK(behind_header(message) == Bytes{0, 0, 0, 0,                      //
                                        5, 0, 1, 0, 0xab, 0,    0,   0,  //
                                        8, 0, 2, 0, 'x',  'y',  'z', 0,  //
                                        4, 0, 3, 0,                      //
                                        6, 0, 4, 0, 0x12, 0x34, 0,   0});
}

TEST_CASE("nests carry the flag, or not, and their length") {
  auto message = empty();
  message.nest(1, [&] { message.nest_plain(2, [&] { message.put_u8(3, 9); }); });
  message.nest(4, [] {});
  CHECK(behind_header(message) == Bytes{0,  0, 0, 0,                 //
                                        16, 0, 1, 0x80,              //
                                        12, 0, 2, 0,                 //
                                        5,  0, 3, 0,    9, 0, 0, 0,  //
                                        4,  0, 4, 0x80});
}

TEST_CASE("a struct may stand in a nest before its attributes") {
  auto message = empty();
  const std::array<std::uint8_t, 6> raw{1, 2, 3, 4, 5, 6};
  message.nest(1, [&] { message.append(raw.data(), raw.size()).put_u8(2, 7); });
  CHECK(behind_header(message) == Bytes{0, 0, 0, 0, 20, 0, 1, 0x80, 1, 2, 3, 4, 5, 6, 0, 0, 5, 0, 2, 0, 7, 0, 0, 0});
}

TEST_CASE("every width comes back as it went") {
  auto message = empty();
  message.put_u8(1, 0x12).put_u16(2, 0x1234).put_u32(3, 0x12345678).put_u64(4, 0x123456789abcdef0);
  message.put_be16(5, 0x1234).put_be32(6, 0x12345678).put_be64(7, 0x123456789abcdef0).put_text(8, "name");
  const auto attributes = read(message);
  CHECK(attributes.u8(1) == 0x12);
  CHECK(attributes.u16(2) == 0x1234);
  CHECK(attributes.u32(3) == 0x12345678);
  CHECK(attributes.find(4)->payload.size() == 8);
  CHECK(attributes.be16(5) == 0x1234);
  CHECK(attributes.be32(6) == 0x12345678);
  CHECK(attributes.be64(7) == 0x123456789abcdef0);
  CHECK(attributes.find(7)->payload[0] == 0x12);
  CHECK(attributes.text(8) == "name");
  CHECK_FALSE(attributes.u32(9));
}

TEST_CASE("a message grows as needed, also within a nest") {
  auto message = empty();
  message.nest(1, [&] {
    for (unsigned i = 0; i < 3000; ++i) message.put_u32(2, i);
  });
  message.nest(3, [&] { message.put(4, Bytes(60000, 0x5a)); });
  const auto attributes = read(message);
  unsigned next = 0;
  attributes.nested(1).for_each([&](const Attribute& attribute) {
    std::uint32_t value = 0;
    std::memcpy(&value, attribute.payload.data(), sizeof value);
    CHECK(value == next++);
  });
  CHECK(next == 3000);
  CHECK(attributes.nested(3).find(4)->payload.size() == 60000);
  CHECK(attributes.nested(3).find(4)->payload.back() == 0x5a);
}

TEST_CASE("what no attribute can hold is refused") {
  auto message = empty();
  CHECK_THROWS_AS(message.put(1, Bytes(65532)), Error);
  CHECK_NOTHROW(message.put(1, Bytes(65531)));
  CHECK_THROWS_AS(message.nest(2,
                               [&] {
                                 message.put(3, Bytes(40000));
                                 message.put(3, Bytes(40000));
                               }),
                  Error);
  CHECK_THROWS_AS(Message{MessagePointer{}}, Error);
}
