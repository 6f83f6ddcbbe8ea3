// SPDX-License-Identifier: Apache-2.0
#include "common/net/ip.hpp"

#include "test/support/catch.hpp"

using namespace std::string_literals;
using patchbay::net::Cidr;
using patchbay::net::Family;
using patchbay::net::Ip;

namespace {

Ip ip(std::string_view text) { return Ip::parse(text).value(); }

}  // namespace

TEST_CASE("addresses are read and written canonically") {
  // RFC 5952: 4.1 leading zeros, 4.2.1 as short as possible, 4.2.2 not for one group, 4.2.3 the
  // longest run and the first of equals, 4.3 lower case.
  const std::pair<const char*, const char*> table[] = {
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"10.1.2.3", "10.1.2.3"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"2001:0db8::0001", "2001:db8::1"},
      {"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"2001:DB8::ABCD", "2001:db8::abcd"},
      {"fe80:0:0:0:0:0:0:0", "fe80::"},
      {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
      {"0:2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
      {"1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7:0"},
      {"0:0:3:4:5:6:0:0", "::3:4:5:6:0:0"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"::1:2", "::1:2"},  // not "::0.1.0.2"
      {"::13.1.68.3", "::d01:4403"},
      {"::ffff:10.1.2.3", "10.1.2.3"},  // mapped: the same address
      {"::ffff:a01:203", "10.1.2.3"},
  };
  for (const auto& [text, canonical] : table) {
    CAPTURE(text);
    const auto parsed = Ip::parse(text);
    REQUIRE(parsed);
    CHECK(parsed->to_string() == canonical);
    CHECK(Ip::parse(parsed->to_string()) == parsed);
  }
}

TEST_CASE("what is no address is refused") {
  const std::string table[] = {
      "",
      " ",
      "1",
      "1.2.3",
      "1.2.3.4.5",
      "1.2.3.256",
      "1.2.3.-4",
      "1.2.3.+4",
      "01.2.3.4",
      "1.2.3.04",
      "0x1.2.3.4",
      "1.2.3.4 ",
      " 1.2.3.4",
      "1.2.3.4\n",
      "1.2.3.4/24",
      "1.2.3.4:80",
      "1..3.4",
      ".1.2.3.4",
      "1.2.3.4.",
      "1.2.3.4\0"s,
      "1.2.3.4\0.5"s,
      ":",
      ":::",
      "1::2::3",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "12345::",
      "g::",
      "fe80::1%eth0",
      "[::1]",
      "::1.2.3",
      "::1.2.3.4.5",
      "::ffff:1.2.3.400",
      "0000:0000:0000:0000:0000:0000:0000:0000:0000",
      "localhost",
      "١.٢.٣.٤",
      std::string(100000, '1'),
      std::string(46, ':'),
  };
  for (const std::string& text : table) {
    CAPTURE(text.substr(0, 60));
    CHECK_FALSE(Ip::parse(text));
  }
}

TEST_CASE("families, sizes and classes") {
  CHECK(ip("10.0.0.1").family() == Family::v4);
  CHECK(ip("10.0.0.1").size() == 4);
  CHECK(ip("2001:db8::1").size() == 16);
  CHECK(ip("::ffff:10.0.0.1").is_v4());
  CHECK(Ip{} == ip("0.0.0.0"));
  CHECK(Ip::any(Family::v6) == ip("::"));
  CHECK(ip("0.0.0.0").is_unspecified());
  CHECK(ip("::").is_unspecified());
  CHECK_FALSE(ip("::1").is_unspecified());
  CHECK(ip("127.9.9.9").is_loopback());
  CHECK_FALSE(ip("128.0.0.1").is_loopback());
  CHECK(ip("::1").is_loopback());
  CHECK_FALSE(ip("::2").is_loopback());
  CHECK_FALSE(ip("::").is_loopback());
  CHECK(ip("224.0.0.1").is_multicast());
  CHECK(ip("239.255.255.255").is_multicast());
  CHECK_FALSE(ip("240.0.0.1").is_multicast());
  CHECK_FALSE(ip("223.255.255.255").is_multicast());
  CHECK(ip("ff02::1").is_multicast());
  CHECK_FALSE(ip("fe02::1").is_multicast());
  CHECK(ip("169.254.0.1").is_link_local());
  CHECK_FALSE(ip("169.253.0.1").is_link_local());
  CHECK(ip("fe80::1").is_link_local());
  CHECK(ip("febf::1").is_link_local());
  CHECK_FALSE(ip("fec0::1").is_link_local());
}

TEST_CASE("some addresses can be no interface's") {
  for (const char* text : {"0.0.0.0", "127.0.0.1", "127.255.255.254", "224.0.0.1", "255.255.255.255", "::", "::1",
                           "ff02::1", "::ffff:127.0.0.1"}) {
    CAPTURE(text);
    CHECK_FALSE(Ip::parse(text)->is_assignable());
  }
  for (const char* text : {"10.0.0.1", "169.254.1.1", "240.0.0.1", "255.255.255.254", "fe80::1", "fd00::1", "::2"}) {
    CAPTURE(text);
    CHECK(Ip::parse(text)->is_assignable());
  }
}

TEST_CASE("bytes go in and out in network order") {
  const unsigned char v4[] = {192, 0, 2, 33};
  CHECK(Ip::from_bytes(Family::v4, v4) == ip("192.0.2.33"));
  const Ip six = ip("2001:db8::ff");
  CHECK(six.data()[0] == 0x20);
  CHECK(six.data()[15] == 0xFF);
  CHECK(Ip::from_bytes(Family::v6, six.data()) == six);
  // Of an IPv4 address only 4 octets are looked at, whatever follows them.
  const unsigned char mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, 33};
  CHECK(Ip::from_bytes(Family::v4, mapped) == ip("0.0.0.0"));
  CHECK(Ip::from_bytes(Family::v6, mapped) == ip("192.0.2.33"));
}

TEST_CASE("counting carries over octets and wraps at the end of the family") {
  CHECK(ip("10.0.0.255").next() == ip("10.0.1.0"));
  CHECK(ip("10.255.255.255").next() == ip("11.0.0.0"));
  CHECK(ip("255.255.255.255").next() == ip("0.0.0.0"));
  CHECK(ip("0.0.0.0").previous() == ip("255.255.255.255"));
  CHECK(ip("10.0.1.0").previous() == ip("10.0.0.255"));
  CHECK(ip("10.0.0.1").plus(0) == ip("10.0.0.1"));
  CHECK(ip("10.0.0.1").plus(65536) == ip("10.1.0.1"));
  CHECK(ip("10.0.0.1").plus(0xFFFFFFFFU) == ip("10.0.0.0"));
  CHECK(ip("10.0.0.1").plus(0x100000000U) == ip("10.0.0.1"));
  CHECK(ip("2001:db8::ffff").next() == ip("2001:db8::1:0"));
  CHECK(ip("2001:db8::ffff:ffff:ffff:ffff").next() == ip("2001:db8:0:1::"));
  CHECK(ip("2001:db8:0:1::").previous() == ip("2001:db8::ffff:ffff:ffff:ffff"));
  CHECK(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").next() == ip("::"));
  CHECK(ip("::").previous() == ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
  CHECK(ip("::1").plus(0xFFFFFFFFFFFFFFFFU) == ip("0:0:0:1::"));
  CHECK(ip("255.255.255.255").next().size() == 4);
}

TEST_CASE("masks at every kind of boundary") {
  CHECK(ip("10.1.2.3").masked(24) == ip("10.1.2.0"));
  CHECK(ip("10.1.2.3").masked(0) == ip("0.0.0.0"));
  CHECK(ip("10.1.2.3").masked(32) == ip("10.1.2.3"));
  CHECK(ip("10.1.2.255").masked(25) == ip("10.1.2.128"));
  CHECK(ip("10.1.2.3").masked(31) == ip("10.1.2.2"));
  CHECK(ip("10.1.2.3").with_host_bits(24) == ip("10.1.2.255"));
  CHECK(ip("10.1.2.3").with_host_bits(12) == ip("10.15.255.255"));
  CHECK(ip("10.1.2.3").with_host_bits(0) == ip("255.255.255.255"));
  CHECK(ip("10.1.2.3").with_host_bits(32) == ip("10.1.2.3"));
  CHECK(ip("2001:db8:ffff::1").masked(33) == ip("2001:db8:8000::"));
  CHECK(ip("2001:db8::1").masked(0) == ip("::"));
  CHECK(ip("2001:db8::").with_host_bits(64) == ip("2001:db8::ffff:ffff:ffff:ffff"));
}

TEST_CASE("IPv4 sorts before IPv6, then by number") {
  CHECK(ip("9.0.0.0") < ip("10.0.0.0"));
  CHECK(ip("10.0.0.9") < ip("10.0.0.10"));
  CHECK(ip("255.255.255.255") < ip("::"));
  CHECK(ip("2001:db8::9") < ip("2001:db8::10"));
  CHECK(ip("0.0.0.0") != ip("::"));
}

TEST_CASE("addresses of one family keep their order") {
  const std::vector<Cidr> both{Cidr::parse("10.0.0.2/24").value(), Cidr::parse("fd00::2/64").value(),
                               Cidr::parse("10.0.0.1/24").value()};
  CHECK(of_family(both, Family::v4) == std::vector{both[0], both[2]});
  CHECK(of_family(both, Family::v6) == std::vector{both[1]});
  CHECK(of_family({}, Family::v4).empty());
}
