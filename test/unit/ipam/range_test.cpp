// SPDX-License-Identifier: Apache-2.0
#include "common/ipam/range.hpp"

#include "test/unit/ipam/support.hpp"

using namespace patchbay;
using namespace patchbay::test;
using ipam::Range;

namespace {

struct Row {
  std::string subnet, start, end, gateway;
};

Range::Input input(const Row& row) {
  return {.subnet = net::Cidr::parse(row.subnet),
          .start = net::Ip::parse(row.start),
          .end = net::Ip::parse(row.end),
          .gateway = net::Ip::parse(row.gateway)};
}

Range canonical(const Row& row) { return Range::canonical(input(row), "/ipam/ranges/0/0"); }

}  // namespace

TEST_CASE("a range is completed as the reference does") {
  struct Complete {
    Row given, expected;
  };
  const std::vector<Complete> rows{
      {{"10.0.0.0/24"}, {"10.0.0.0/24", "10.0.0.1", "10.0.0.254", "10.0.0.1"}},
      {{"10.0.0.0/30"}, {"10.0.0.0/30", "10.0.0.1", "10.0.0.2", "10.0.0.1"}},
      {{"10.0.0.0/8"}, {"10.0.0.0/8", "10.0.0.1", "10.255.255.254", "10.0.0.1"}},
      {{"10.0.0.0/24", "10.0.0.10"}, {"10.0.0.0/24", "10.0.0.10", "10.0.0.254", "10.0.0.1"}},
      {{"10.0.0.0/24", "", "10.0.0.20"}, {"10.0.0.0/24", "10.0.0.1", "10.0.0.20", "10.0.0.1"}},
      {{"10.0.0.0/24", "10.0.0.7", "10.0.0.7", "10.0.0.254"}, {"10.0.0.0/24", "10.0.0.7", "10.0.0.7", "10.0.0.254"}},
      // An administrator who names them gets the network and the broadcast address.
      {{"10.0.0.0/24", "10.0.0.0", "10.0.0.255"}, {"10.0.0.0/24", "10.0.0.0", "10.0.0.255", "10.0.0.1"}},
      {{"fd00::/64"}, {"fd00::/64", "fd00::1", "fd00::ffff:ffff:ffff:ffff", "fd00::1"}},
      {{"fd00::/126"}, {"fd00::/126", "fd00::1", "fd00::3", "fd00::1"}},
      {{"fd00::/64", "", "", "fe80::1"}, {"fd00::/64", "fd00::1", "fd00::ffff:ffff:ffff:ffff", "fe80::1"}},
      {{"fd00::/126", "", "", "fd00::3"}, {"fd00::/126", "fd00::1", "fd00::3", "fd00::3"}},
      // RFC 3021, RFC 6164: both addresses are hosts.
      {{"10.0.0.0/31"}, {"10.0.0.0/31", "10.0.0.0", "10.0.0.1", "10.0.0.0"}},
      {{"10.0.0.0/31", "", "", "10.0.0.1"}, {"10.0.0.0/31", "10.0.0.0", "10.0.0.1", "10.0.0.1"}},
      {{"fd00::/127"}, {"fd00::/127", "fd00::", "fd00::1", "fd00::"}},
  };
  for (const Complete& row : rows) {
    CAPTURE(row.given.subnet, row.given.start, row.given.end, row.given.gateway);
    const Range range = canonical(row.given);
    CHECK(range.subnet.to_string() == row.expected.subnet);
    CHECK(range.start.to_string() == row.expected.start);
    CHECK(range.end.to_string() == row.expected.end);
    CHECK(range.gateway.to_string() == row.expected.gateway);
  }
}

TEST_CASE("a range that breaks a rule is refused with the rule and its place") {
  struct Refused {
    Row given;
    std::string message, member;
  };
  const std::vector<Refused> rows{
      {{""}, "IP <nil> not v4 nor v6", "subnet"},
      {{"10.0.0.1/32"}, "Network 10.0.0.1/32 too small to allocate from", "subnet"},
      {{"fd00::1/128"}, "Network fd00::1/128 too small to allocate from", "subnet"},
      {{"10.0.0.5/24"},
       "Network has host bits set. For a subnet mask of length 24 the network address is 10.0.0.0",
       "subnet"},
      {{"127.0.0.0/8"}, "Network 127.0.0.0/8 holds loopback or multicast addresses", "subnet"},
      {{"127.1.0.0/16"}, "Network 127.1.0.0/16 holds loopback or multicast addresses", "subnet"},
      {{"224.0.0.0/4"}, "Network 224.0.0.0/4 holds loopback or multicast addresses", "subnet"},
      {{"0.0.0.0/0"}, "Network 0.0.0.0/0 holds loopback or multicast addresses", "subnet"},
      {{"ff02::/64"}, "Network ff02::/64 holds loopback or multicast addresses", "subnet"},
      {{"::/96"}, "Network ::/96 holds loopback or multicast addresses", "subnet"},
      {{"10.0.0.0/24", "10.0.1.1"}, "RangeStart 10.0.1.1 not in network 10.0.0.0/24", "rangeStart"},
      {{"10.0.0.0/24", "fd00::1"}, "RangeStart fd00::1 not in network 10.0.0.0/24", "rangeStart"},
      {{"10.0.0.0/24", "", "10.0.1.1"}, "RangeEnd 10.0.1.1 not in network 10.0.0.0/24", "rangeEnd"},
      {{"10.0.0.0/24", "10.0.0.9", "10.0.0.5"}, "RangeEnd 10.0.0.5 not in network 10.0.0.0/24", "rangeEnd"},
      {{"10.0.0.0/24", "", "", "10.0.1.1"}, "gateway 10.0.1.1 is not in network 10.0.0.0/24", "gateway"},
      {{"10.0.0.0/24", "", "", "10.0.0.0"}, "gateway 10.0.0.0 is the network address of 10.0.0.0/24", "gateway"},
      {{"10.0.0.0/24", "", "", "10.0.0.255"}, "gateway 10.0.0.255 is the broadcast address of 10.0.0.0/24", "gateway"},
      {{"10.0.0.0/24", "", "", "fd00::1"}, "gateway fd00::1 is not of the family of 10.0.0.0/24", "gateway"},
      {{"fd00::/64", "", "", "10.0.0.1"}, "gateway 10.0.0.1 is not of the family of fd00::/64", "gateway"},
      {{"fd00::/64", "", "", "fd00::"}, "gateway fd00:: is the network address of fd00::/64", "gateway"},
      {{"10.0.0.0/31", "", "", "10.0.0.2"}, "gateway 10.0.0.2 is not in network 10.0.0.0/31", "gateway"},
  };
  for (const Refused& row : rows) {
    const Error error = error_of([&] { canonical(row.given); });
    CHECK(error.code() == Code::invalid_config);
    CHECK(error.what() == row.message);
    CHECK(error.pointer() == "/ipam/ranges/0/0/" + row.member);
  }
}

TEST_CASE("membership honours start and end") {
  const Range range = canonical({"10.0.0.0/24", "10.0.0.10", "10.0.0.20"});
  CHECK(range.contains(ip("10.0.0.10")));
  CHECK(range.contains(ip("10.0.0.20")));
  CHECK_FALSE(range.contains(ip("10.0.0.9")));
  CHECK_FALSE(range.contains(ip("10.0.0.21")));
  CHECK_FALSE(range.contains(ip("fd00::a")));
  const ipam::RangeSet set{canonical({"10.1.0.0/24"}), range};
  CHECK(ipam::find_range(set, ip("10.0.0.15")) == &set[1]);
  CHECK(ipam::find_range(set, ip("10.0.0.21")) == nullptr);
  CHECK(ipam::to_string(set) == "10.1.0.1-10.1.0.254,10.0.0.10-10.0.0.20");
}

TEST_CASE("overlapping ranges") {
  const Range low = canonical({"10.0.0.0/24", "10.0.0.10", "10.0.0.20"});
  const Range touching = canonical({"10.0.0.0/24", "10.0.0.20", "10.0.0.30"});
  const Range apart = canonical({"10.0.0.0/24", "10.0.0.21", "10.0.0.30"});
  const Range around = canonical({"10.0.0.0/16"});
  CHECK(low.overlaps(touching));
  CHECK(touching.overlaps(low));
  CHECK_FALSE(low.overlaps(apart));
  CHECK(low.overlaps(around));
  CHECK(around.overlaps(low));
  CHECK_FALSE(low.overlaps(canonical({"fd00::/64"})));
}

TEST_CASE("range sets that cannot work are refused") {
  const Range a = canonical({"10.0.0.0/24"}), b = canonical({"10.1.0.0/24"}), six = canonical({"fd00::/64"});
  const auto message = [](const std::vector<ipam::RangeSet>& sets) {
    const Error error = error_of([&] { ipam::validate_sets(sets, "/ipam/ranges"); });
    CHECK(error.code() == Code::invalid_config);
    CHECK(error.pointer() == "/ipam/ranges");
    return error.summary();
  };
  CHECK(message({}) == "no IP ranges specified");
  CHECK(message({{a}, {}}) == "invalid range set 1: empty range set");
  CHECK(message({{a, six}}) == "invalid range set 0: mixed address families");
  CHECK(message({{b, a, a}}) == "invalid range set 0: subnets 10.0.0.1-10.0.0.254 and 10.0.0.1-10.0.0.254 overlap");
  CHECK(message({{a}, {six}, {b, a}}) == "range set 0 overlaps with 2");
  CHECK_NOTHROW(ipam::validate_sets({{a, b}, {six}}, ""));
}
