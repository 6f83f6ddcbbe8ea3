// SPDX-License-Identifier: Apache-2.0
// Announcements, to the last octet.
#include "common/netlink/detail/frame.hpp"

#include "test/support/catch.hpp"

using namespace patchbay;
using netlink::detail::announcement;
using Bytes = std::vector<std::uint8_t>;

namespace {

const net::Mac kMac{{0x02, 0xab, 0xcd, 0xef, 0x01, 0x02}};

}  // namespace

TEST_CASE("an ARP announcement is a broadcast request for one's own address") {
  const Bytes expected{
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0xab, 0xcd, 0xef, 0x01, 0x02, 0x08, 0x06,  // Ethernet
      0x00, 0x01, 0x08, 0x00, 6,    4,    0x00, 0x01,                                      // request
      0x02, 0xab, 0xcd, 0xef, 0x01, 0x02, 10,   1,    2,    3,                             // sender
      0,    0,    0,    0,    0,    0,    10,   1,    2,    3,                             // target
  };
  CHECK(announcement(kMac, *net::Ip::parse("10.1.2.3")) == expected);
}

TEST_CASE("a neighbour advertisement is unsolicited, overrides, and sums up") {
  const auto frame = announcement(kMac, *net::Ip::parse("fd00::1:3"));
  REQUIRE(frame.size() == 14 + 40 + 32);
  CHECK(Bytes(frame.begin(), frame.begin() + 14) ==
        Bytes{0x33, 0x33, 0, 0, 0, 1, 0x02, 0xab, 0xcd, 0xef, 0x01, 0x02, 0x86, 0xdd});
  CHECK(Bytes(frame.begin() + 14, frame.begin() + 22) == Bytes{0x60, 0, 0, 0, 0, 32, 58, 255});
  const auto source = net::Ip::from_bytes(net::Family::v6, &frame[22]);
  const auto target = net::Ip::from_bytes(net::Family::v6, &frame[62]);
  CHECK(source.to_string() == "fd00::1:3");
  CHECK(net::Ip::from_bytes(net::Family::v6, &frame[38]).to_string() == "ff02::1");
  CHECK(target == source);
  CHECK(Bytes{frame[54], frame[55]} == Bytes{136, 0});
  CHECK(Bytes(frame.begin() + 58, frame.begin() + 62) == Bytes{0x20, 0, 0, 0});
  CHECK(Bytes(frame.begin() + 78, frame.end()) == Bytes{2, 1, 0x02, 0xab, 0xcd, 0xef, 0x01, 0x02});

  // RFC 1071: with its checksum in place, pseudo-header and message sum to all ones.
  std::uint32_t sum = 32 + 58;
  for (std::size_t i = 22; i < frame.size(); i += 2) sum += std::uint32_t{frame[i]} << 8U | frame[i + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16U);
  CHECK(sum == 0xffff);
}
