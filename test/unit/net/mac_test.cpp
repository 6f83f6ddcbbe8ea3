// SPDX-License-Identifier: Apache-2.0
#include "common/net/mac.hpp"

#include <set>

#include "test/support/catch.hpp"

using namespace std::string_literals;
using patchbay::net::Mac;

TEST_CASE("Ethernet addresses are read in their three notations") {
  for (const char* text :
       {"02:ab:cd:ef:01:23", "02:AB:CD:EF:01:23", "02-ab-cd-ef-01-23", "02ab.cdef.0123", "02AB.cDeF.0123"}) {
    CAPTURE(text);
    const auto mac = Mac::parse(text);
    REQUIRE(mac);
    CHECK(mac->to_string() == "02:ab:cd:ef:01:23");
    CHECK(mac->octets == std::array<std::uint8_t, 6>{0x02, 0xAB, 0xCD, 0xEF, 0x01, 0x23});
  }
}

TEST_CASE("what is no Ethernet address is refused") {
  for (const std::string& text : {""s,
                                  "02"s,
                                  "02:ab:cd:ef:01"s,
                                  "02:ab:cd:ef:01:2"s,
                                  "02:ab:cd:ef:01:234"s,
                                  "02:ab:cd:ef:01:23:45"s,
                                  "02:ab:cd:ef:01-23"s,
                                  "02-ab:cd-ef:01-23"s,
                                  "02:ab:cd:ef:01:2g"s,
                                  "2:ab:cd:ef:01:23:"s,
                                  ":02:ab:cd:ef:01:2"s,
                                  "02abcdef0123"s,
                                  "02ab.cdef:0123"s,
                                  "02ab-cdef-0123"s,
                                  "02ab.cdef.012"s,
                                  "02a.bcdef.0123"s,
                                  "02 ab cd ef 01 23"s,
                                  "02:ab:cd:ef:01:2\0"s,
                                  "0x:ab:cd:ef:01:23"s,
                                  "02:ab:cd:ef:01:23\n"s,
                                  "02:ab:cd:ef:01:23:45:67"s,
                                  std::string(100000, ':')}) {
    CAPTURE(text.substr(0, 60));
    CHECK_FALSE(Mac::parse(text));
  }
}

TEST_CASE("random Ethernet addresses are unicast, local, and differ") {
  std::set<Mac> seen;
  for (int i = 0; i < 200; ++i) {
    const Mac mac = Mac::random();
    CHECK(mac.is_unicast());
    CHECK((mac.octets[0] & 0x02U) != 0);
    CHECK(Mac::parse(mac.to_string()) == mac);
    seen.insert(mac);
  }
  CHECK(seen.size() == 200);
}

TEST_CASE("zero and multicast") {
  CHECK(Mac{}.is_zero());
  CHECK_FALSE(Mac::parse("00:00:00:00:00:01")->is_zero());
  CHECK_FALSE(Mac::parse("01:00:5e:00:00:01")->is_unicast());
  CHECK_FALSE(Mac::parse("ff:ff:ff:ff:ff:ff")->is_unicast());
}
