// SPDX-License-Identifier: Apache-2.0
// Addresses and announcements, as the kernel of this machine keeps them.
#include <algorithm>
#include <string>

#include "common/netlink/announce.hpp"
#include "test/netns/netlink.hpp"
#include "test/support/catch.hpp"
#include "test/support/world.hpp"

using namespace patchbay;
using namespace patchbay::netlink;
using namespace patchbay::test;
using nlohmann::json;

TEST_CASE("addresses are usable at once, with the right broadcast address") {
  World world;
  Cable cable;
  cable.socket.transact(addresses::add(cable.near, cidr("10.9.0.0/31"), {}, "near"));
  cable.socket.transact(addresses::add(cable.near, cidr("10.9.1.1/32"), {}, "near"));
  const auto seen = json::parse(world.sh("ip -j addr show near"))[0]["addr_info"];
  const auto v4 = find(seen, "local", "10.1.2.3");
  CHECK(v4["prefixlen"] == 24);
  CHECK(v4["broadcast"] == "10.1.2.255");
  CHECK(v4["scope"] == "global");
  CHECK(v4["label"] == "near");
  CHECK_FALSE(find(seen, "local", "10.9.0.0").contains("broadcast"));
  CHECK_FALSE(find(seen, "local", "10.9.1.1").contains("broadcast"));
  const auto v6 = find(seen, "local", "fd00:1::3");
  CHECK(v6["prefixlen"] == 64);
  CHECK(v6["nodad"] == true);
  CHECK_FALSE(v6.contains("tentative"));
}

TEST_CASE("an address may ask for duplicate detection") {
  World world;
  Cable cable;
  cable.socket.transact(addresses::add(cable.near, cidr("fd00:2::3/64"), {.detect_duplicates = true}, "near"));
  const auto seen = find(json::parse(world.sh("ip -j addr show near"))[0]["addr_info"], "local", "fd00:2::3");
  CHECK_FALSE(seen.contains("nodad"));
}

TEST_CASE("addresses are listed of one link, and removed") {
  World world;
  Cable cable;
  cable.socket.transact(addresses::add(cable.far, cidr("10.5.0.1/16"), {}, "far"));
  const auto of = [&](int link) { return addresses::list(cable.socket, link); };
  const auto is = [](const std::string& text) { return [text](const Address& a) { return a.address == cidr(text); }; };
  const auto near = of(cable.near);
  REQUIRE(pick(near, is("10.1.2.3/24")));
  REQUIRE(pick(near, is("fd00:1::3/64")));
  CHECK_FALSE(pick(near, is("fd00:1::3/64"))->tentative);
  CHECK(pick(near, is("fd00:1::3/64"))->permanent);
  CHECK_FALSE(pick(near, is("10.5.0.1/16")));
  CHECK(std::all_of(near.begin(), near.end(), [&](const Address& a) { return a.link == cable.near; }));

  cable.socket.transact(addresses::remove(cable.near, cidr("10.1.2.3/24"), "near"));
  cable.socket.transact(addresses::remove(cable.near, cidr("10.1.2.3/24"), "near"));
  cable.socket.transact(addresses::remove(cable.near, cidr("fd00:1::3/64"), "near"));
  cable.socket.transact(addresses::remove(cable.near, cidr("fd00:1::3/64"), "near"));
  CHECK_FALSE(pick(of(cable.near), is("10.1.2.3/24")));
  CHECK_FALSE(pick(of(cable.near), is("fd00:1::3/64")));
  CHECK(pick(of(cable.far), is("10.5.0.1/16")));
  CHECK(of(4711).empty());
  cable.socket.transact(addresses::remove(4711, cidr("10.1.2.3/24"), "gone"));
}

TEST_CASE("an address that is present is refused, in words") {
  World world;
  Cable cable;
  try {
    cable.socket.transact(addresses::add(cable.near, cidr("10.1.2.3/24"), {}, "near"));
    FAIL("it was added twice");
  } catch (const Error& error) {
    CHECK(error.code() == Code::kernel_refused);
    CHECK(error.summary() == "add 10.1.2.3/24 to near: File exists (EEXIST)");
  }
  CHECK(errno_of([&] { cable.socket.transact(addresses::add(4711, cidr("10.1.2.3/24"), {}, "gone")); }) == ENODEV);
}

TEST_CASE("an announcement corrects the neighbours' caches, in both families") {
  World world;
  const auto red = os::Netns::open(world.netns("red"));
  Cable cable;
  Socket inside{red};
  cable.socket.transact(links::move(cable.far, red, "eth0", "plug in"));
  const auto eth0 = links::get(inside, "eth0");
  std::vector<Request> requests;
  requests.push_back(links::set_up(eth0.index, "eth0"));
  requests.push_back(addresses::add(eth0.index, cidr("10.1.2.4/24"), {}, "eth0"));
  requests.push_back(addresses::add(eth0.index, cidr("fd00:1::4/64"), {}, "eth0"));
  inside.transact(std::move(requests));
  const std::vector<net::Ip> moved{ip("10.1.2.4"), ip("fd00:1::4")};
  for (const auto& address : moved) REQUIRE(world.ping("", address.to_string()));

  const net::Mac elsewhere{{0x02, 0xaa, 0, 0, 0, 0x01}};
  announce(red, eth0.index, elsewhere, moved);
  for (const auto& address : moved) {
    CHECK(world.sh("ip -j neigh show to " + address.to_string()).find(elsewhere.to_string()) != std::string::npos);
  }
  CHECK_THROWS_AS(announce(red, 4711, elsewhere, moved), Error);
  announce(red, eth0.index, elsewhere, {});
}
