// SPDX-License-Identifier: Apache-2.0
#include "common/net/ip.hpp"
#include "test/support/catch.hpp"

using namespace std::string_literals;
using patchbay::net::Cidr;
using patchbay::net::Family;
using patchbay::net::Ip;

namespace {

Cidr cidr(std::string_view text) { return Cidr::parse(text).value(); }
Ip ip(std::string_view text) { return Ip::parse(text).value(); }

}  // namespace

TEST_CASE("subnets are read with their host bits and written back") {
  const std::pair<const char*, const char*> table[] = {
      {"10.1.2.3/24", "10.1.2.3/24"},         {"0.0.0.0/0", "0.0.0.0/0"},
      {"10.1.2.3/32", "10.1.2.3/32"},         {"::/0", "::/0"},
      {"2001:DB8::1/64", "2001:db8::1/64"},   {"::1/128", "::1/128"},
      {"::ffff:10.1.2.3/120", "10.1.2.3/24"}, {"::ffff:10.1.2.3/96", "10.1.2.3/0"},
  };
  for (const auto& [text, canonical] : table) {
    CAPTURE(text);
    const auto parsed = Cidr::parse(text);
    REQUIRE(parsed);
    CHECK(parsed->to_string() == canonical);
  }
}

TEST_CASE("what is no subnet is refused") {
  for (const std::string& text : {""s,
                                  "/"s,
                                  "10.0.0.0"s,
                                  "10.0.0.0/"s,
                                  "/24"s,
                                  "10.0.0.0/33"s,
                                  "10.0.0.0/-1"s,
                                  "10.0.0.0/+8"s,
                                  "10.0.0.0/08"s,
                                  "10.0.0.0/00"s,
                                  "10.0.0.0/8 "s,
                                  " 10.0.0.0/8"s,
                                  "10.0.0.0 /8"s,
                                  "10.0.0.0/ 8"s,
                                  "10.0.0.0/8/8"s,
                                  "10.0.0.0//8"s,
                                  "10.0.0.0/0x8"s,
                                  "10.0.0.0/8a"s,
                                  "10.0.0.0/255.0.0.0"s,
                                  "10.0.0.0/256"s,
                                  "10.0.0.0/264"s,
                                  "10.0.0.0/4294967304"s,
                                  "10.0.0/8"s,
                                  "::/129"s,
                                  "::/1000"s,
                                  "::1%lo/64"s,
                                  "::ffff:10.0.0.0/95"s,
                                  "::ffff:10.0.0.0/24"s,
                                  "10.0.0.0/8\0"s,
                                  "10.0.0.0\0/8"s,
                                  std::string(100000, '/')}) {
    CAPTURE(text.substr(0, 60));
    CHECK_FALSE(Cidr::parse(text));
  }
}

TEST_CASE("network, last address and default route") {
  CHECK(cidr("10.1.2.3/24").network() == cidr("10.1.2.0/24"));
  CHECK(cidr("10.1.2.3/24").last() == ip("10.1.2.255"));
  CHECK(cidr("10.1.2.2/31").last() == ip("10.1.2.3"));
  CHECK(cidr("10.1.2.2/32").last() == ip("10.1.2.2"));
  CHECK(cidr("2001:db8::1/127").last() == ip("2001:db8::1"));
  CHECK(cidr("0.0.0.0/0").is_default());
  CHECK(cidr("::/0").is_default());
  CHECK_FALSE(cidr("0.0.0.0/1").is_default());
  CHECK(Cidr::host(ip("10.1.2.3")) == cidr("10.1.2.3/32"));
  CHECK(Cidr::host(ip("2001:db8::1")) == cidr("2001:db8::1/128"));
}

TEST_CASE("contains looks at family and prefix") {
  CHECK(cidr("10.1.2.3/24").contains(ip("10.1.2.255")));
  CHECK_FALSE(cidr("10.1.2.3/24").contains(ip("10.1.3.0")));
  CHECK(cidr("10.1.2.3/0").contains(ip("1.1.1.1")));
  CHECK_FALSE(cidr("0.0.0.0/0").contains(ip("::1")));
  CHECK_FALSE(cidr("::/0").contains(ip("1.1.1.1")));
  CHECK(cidr("2001:db8::/33").contains(ip("2001:db8:7fff::1")));
  CHECK_FALSE(cidr("2001:db8::/33").contains(ip("2001:db8:8000::1")));
}

TEST_CASE("overlap is symmetric") {
  const std::tuple<const char*, const char*, bool> table[] = {
      {"10.0.0.0/8", "10.9.0.0/16", true},  {"10.0.0.0/24", "10.0.1.0/24", false},
      {"0.0.0.0/0", "10.0.0.0/8", true},    {"10.0.0.5/32", "10.0.0.5/32", true},
      {"0.0.0.0/0", "::/0", false},         {"2001:db8::/32", "2001:db8:1::/48", true},
      {"10.0.0.1/31", "10.0.0.2/31", false}};
  for (const auto& [one, other, expected] : table) {
    CAPTURE(one, other);
    CHECK(cidr(one).overlaps(cidr(other)) == expected);
    CHECK(cidr(other).overlaps(cidr(one)) == expected);
  }
}
