// SPDX-License-Identifier: Apache-2.0
// Routes, as the kernel of this machine keeps them.
#include <algorithm>
#include <string>

#include "common/netlink/route.hpp"
#include "test/netns/netlink.hpp"
#include "test/support/catch.hpp"
#include "test/support/world.hpp"

using namespace patchbay;
using namespace patchbay::netlink;
using namespace patchbay::test;
using nlohmann::json;

TEST_CASE("IPv4 routes carry every field") {
  World world;
  Cable cable;
  const Route plain{.dst = cidr("0.0.0.0/0"), .gateway = ip("10.1.2.1"), .link = cable.near};
  const Route full{.dst = cidr("10.20.0.0/16"),
                   .gateway = ip("10.1.2.9"),
                   .source = ip("10.1.2.3"),
                   .link = cable.near,
                   .table = 1000,
                   .priority = 77,
                   .mtu = 1300,
                   .advmss = 1260};
  const Route direct{.dst = cidr("10.30.0.0/16"), .link = cable.near, .scope = 253};
  const Route onlink{.dst = cidr("10.40.0.0/16"), .gateway = ip("192.0.2.1"), .link = cable.near, .onlink = true};
  for (const auto& route : {plain, full, direct, onlink}) {
    cable.socket.transact(routes::add(route, routes::IfPresent::fail));
  }
  const auto main = json::parse(world.sh("ip -j -d route show"));
  const auto def = find(main, "dst", "default");
  CHECK(def["gateway"] == "10.1.2.1");
  CHECK(def["protocol"] == "boot");
  CHECK(def["scope"] == "global");
  CHECK(def["type"] == "unicast");
  CHECK_FALSE(def.contains("metric"));
  CHECK(find(main, "dst", "10.30.0.0/16")["scope"] == "link");
  CHECK(find(main, "dst", "10.40.0.0/16")["flags"] == json{"onlink"});
  const auto other = find(json::parse(world.sh("ip -j -d route show table 1000")), "dst", "10.20.0.0/16");
  CHECK(other["metric"] == 77);
  CHECK(other["prefsrc"] == "10.1.2.3");
  CHECK(other["metrics"] == json::parse(R"([{"mtu": 1300, "advmss": 1260}])"));

  const auto listed = routes::list(cable.socket, net::Family::v4, cable.near);
  for (const auto& route : {plain, direct, onlink})
    CHECK(std::find(listed.begin(), listed.end(), route) != listed.end());
  CHECK(std::find(listed.begin(), listed.end(), full) == listed.end());
  CHECK(routes::list(cable.socket, net::Family::v4, cable.near, 1000) == std::vector{full});
  CHECK(routes::list(cable.socket, net::Family::v4, 0, 1000) == std::vector{full});
  CHECK(routes::list(cable.socket, net::Family::v4, 0, 0).size() > listed.size());
}

TEST_CASE("IPv6 routes carry every field") {
  World world;
  Cable cable;
  const Route plain{.dst = cidr("::/0"), .gateway = ip("fd00:1::1"), .link = cable.near};
  const Route full{.dst = cidr("fd00:20::/32"),
                   .gateway = ip("fd00:1::9"),
                   .source = ip("fd00:1::3"),
                   .link = cable.near,
                   .table = 1000,
                   .priority = 77,
                   .mtu = 1300,
                   .advmss = 1220};
  const Route onlink{
      .dst = cidr("fd00:40::/32"), .gateway = ip("2001:db8::1"), .link = cable.near, .priority = 5, .onlink = true};
  for (const auto& route : {plain, full, onlink}) {
    cable.socket.transact(routes::add(route, routes::IfPresent::append));
  }
  const auto def = find(json::parse(world.sh("ip -j -d -6 route show")), "dst", "default");
  CHECK(def["gateway"] == "fd00:1::1");
  CHECK(def["protocol"] == "boot");
  CHECK(def["metric"] == 1024);
  CHECK(routes::list(cable.socket, net::Family::v6, cable.near, 1000) == std::vector{full});
  const auto listed = routes::list(cable.socket, net::Family::v6, cable.near);
  CHECK(std::find(listed.begin(), listed.end(), onlink) != listed.end());
}

TEST_CASE("what happens when the route is present is said beforehand") {
  World world;
  Cable cable;
  using routes::IfPresent;
  Route route{.dst = cidr("10.20.0.0/16"), .gateway = ip("10.1.2.1"), .link = cable.near};
  const auto add = [&](IfPresent policy) {
    return errno_of([&] { cable.socket.transact(routes::add(route, policy)); });
  };
  const auto count = [&] {
    const auto all = routes::list(cable.socket, net::Family::v4, cable.near);
    return std::count_if(all.begin(), all.end(), [&](const Route& r) { return r.dst == route.dst; });
  };
  CHECK(add(IfPresent::fail) == 0);
  CHECK(add(IfPresent::fail) == EEXIST);
  CHECK(add(IfPresent::accept) == 0);
  CHECK(add(IfPresent::append) == EEXIST);
  route.gateway = ip("10.1.2.2");
  CHECK(add(IfPresent::replace) == 0);
  CHECK(count() == 1);
  route.gateway = ip("10.1.2.1");
  CHECK(add(IfPresent::append) == 0);
  CHECK(count() == 2);

  cable.socket.transact(routes::remove(route));
  CHECK(count() == 1);
  cable.socket.transact(routes::remove(route));
  CHECK(count() == 1);
}

TEST_CASE("refused routes say why, in the kernel's own words") {
  World world;
  Cable cable;
  try {
    cable.socket.transact(routes::add({.dst = cidr("10.20.0.0/16"), .gateway = ip("192.0.2.1"), .link = cable.near},
                                      routes::IfPresent::fail));
    FAIL("an unreachable gateway was taken");
  } catch (const Error& error) {
    CHECK(error.summary() == "add route to 10.20.0.0/16 via 192.0.2.1: Network is unreachable (ENETUNREACH)");
    CHECK(error.details().find("invalid gateway") != std::string::npos);
  }
}

TEST_CASE("the route that a packet would take") {
  World world;
  Cable cable;
  cable.socket.transact(
      routes::add({.dst = cidr("0.0.0.0/0"), .gateway = ip("10.1.2.1"), .link = cable.near}, routes::IfPresent::fail));
  const auto v4 = routes::to(cable.socket, ip("198.51.100.7"));
  REQUIRE(v4);
  CHECK(v4->gateway == ip("10.1.2.1"));
  CHECK(v4->source == ip("10.1.2.3"));
  CHECK(v4->link == cable.near);
  CHECK(v4->table == 254);
  const auto neighbour = routes::to(cable.socket, ip("fd00:1::77"));
  REQUIRE(neighbour);
  CHECK_FALSE(neighbour->gateway);
  CHECK(neighbour->link == cable.near);
  CHECK(routes::to(cable.socket, ip("10.1.2.3"))->type == 2);  // RTN_LOCAL
  CHECK_FALSE(routes::to(cable.socket, ip("2001:db8::1")));
  for (const char* kind : {"unreachable", "blackhole", "prohibit"}) {
    world.sh("ip route replace " + std::string{kind} + " 203.0.113.0/24; ip -6 route replace " + kind +
             " 2001:db8::/32");
    CHECK_FALSE(routes::to(cable.socket, ip("203.0.113.1")));
    CHECK_FALSE(routes::to(cable.socket, ip("2001:db8::1")));
  }
}

TEST_CASE("a multipath route is one route per next hop") {
  World world;
  Cable cable;
  cable.socket.transact(addresses::add(cable.far, cidr("10.6.0.1/24"), {}, "far"));
  const auto refused =
      world.sh("ip route add 10.99.0.0/16 nexthop via 10.1.2.1 dev near nexthop via 10.6.0.2 dev far 2>&1 || true");
  if (refused.find("not enabled in kernel") != std::string::npos) PATCHBAY_SKIP("this kernel has no multipath routes");
  REQUIRE(refused.empty());
  const auto is = [](const Route& route) { return route.dst == cidr("10.99.0.0/16"); };
  const auto far = routes::list(cable.socket, net::Family::v4, cable.far);
  REQUIRE(pick(far, is));
  CHECK(pick(far, is)->gateway == ip("10.6.0.2"));
  CHECK(std::count_if(far.begin(), far.end(), is) == 1);
}
