// SPDX-License-Identifier: Apache-2.0
#include "common/ipam/walk.hpp"

#include "test/unit/ipam/support.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

// "2 3 4": the last octets in the order in which they are tried.
std::string order(const ipam::RangeSet& set, const std::string& last = {}) {
  ipam::Walk walk{set, net::Ip::parse(last)};
  std::string text;
  while (const auto candidate = walk.next()) {
    const std::string address = candidate->ip.to_string();
    text += (text.empty() ? "" : " ") + address.substr(address.find_last_of(".:") + 1);
    CHECK(candidate->range->contains(candidate->ip));
  }
  return text;
}

}  // namespace

TEST_CASE("a walk goes round once, without gateways") {
  const auto set = set_of("10.0.0.0/29");
  CHECK(order(set) == "2 3 4 5 6");
  CHECK(order(set, "10.0.0.3") == "4 5 6 2 3");
  CHECK(order(set, "10.0.0.6") == "2 3 4 5 6");
  CHECK(order(set, "10.0.0.1") == "2 3 4 5 6");
  CHECK(order(set, "10.9.9.9") == "2 3 4 5 6");  // of an earlier configuration
  CHECK(order(set, "fd00::3") == "2 3 4 5 6");
}

TEST_CASE("a walk goes on through all ranges of a set") {
  ipam::RangeSet set = set_of("10.0.0.0/30");
  set.push_back(set_of("10.0.1.0/24", "10.0.1.9", "10.0.1.11")[0]);
  CHECK(order(set) == "2 9 10 11");
  CHECK(order(set, "10.0.0.2") == "9 10 11 2");
  CHECK(order(set, "10.0.1.10") == "11 2 9 10");
  CHECK(order(set, "10.0.1.11") == "2 9 10 11");
}

TEST_CASE("a walk through ranges of one or two addresses ends") {
  CHECK(order(set_of("10.0.0.0/24", "10.0.0.5", "10.0.0.5")) == "5");
  CHECK(order(set_of("10.0.0.0/24", "10.0.0.5", "10.0.0.5"), "10.0.0.5") == "5");
  CHECK(order(set_of("10.0.0.0/24", "10.0.0.1", "10.0.0.1")).empty());
  CHECK(order(set_of("10.0.0.0/24", "10.0.0.1", "10.0.0.1"), "10.0.0.1").empty());
  CHECK(order(set_of("10.0.0.0/31")) == "1");
  CHECK(order(set_of("fd00::/127")) == "1");
  CHECK(order(set_of("fd00::/126"), "fd00::2") == "3 2");
}

TEST_CASE("the end of the address space is an end like any other") {
  CHECK(order(set_of("255.255.255.248/29")) == "250 251 252 253 254");
  CHECK(order(set_of("255.255.255.248/29", "255.255.255.253", "255.255.255.255")) == "253 254 255");
}
