// SPDX-License-Identifier: Apache-2.0
// Addresses and announcements, as the kernel of this machine keeps them.
#include <algorithm>
#include <chrono>
#include <string>

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

namespace {

// A container "red" at the far end of a cable whose near end has asked for its addresses' MAC already,
// and has been told a wrong one since.
struct Neighbours {
  World world;
  os::Netns red = os::Netns::open(world.netns("red"));
  Cable cable;
  Socket inside{red};
  Link eth0;

  explicit Neighbours(bool notify) {
    cable.socket.transact(links::move(cable.far, red, "eth0", "plug in"));
    world.sh_in("red", std::string{"sysctl -qw net.ipv6.conf.eth0.ndisc_notify="} + (notify ? "1" : "0"));
    const int index = links::get(inside, "eth0").index;
    std::vector<Request> requests;
    requests.push_back(notify ? links::set_up_and_announce(index, "eth0") : links::set_up(index, "eth0"));
    requests.push_back(addresses::add(index, cidr("10.1.2.4/24"), {}, "eth0"));
    requests.push_back(addresses::add(index, cidr("fd00:1::4/64"), {}, "eth0"));
    inside.transact(std::move(requests));
    eth0 = links::get(inside, "eth0");
    for (const char* address : kAddresses) {
      REQUIRE(world.ping("", address));
      world.sh(std::string{"ip neigh replace "} + address + " lladdr 02:aa:00:00:00:01 dev near nud stale");
    }
  }

  static constexpr const char* kAddresses[] = {"10.1.2.4", "fd00:1::4"};

  std::string known_mac(const std::string& address) {
    return json::parse(world.sh("ip -j neigh show to " + address))[0]["lladdr"];
  }
  // Within a second: what is sent on a cable arrives by itself.
  bool learns(const std::string& address) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{1};
    while (known_mac(address) != eth0.mac.to_string()) {
      if (std::chrono::steady_clock::now() > end) return false;
    }
    return true;
  }
};

}  // namespace

TEST_CASE("an announcement corrects the neighbours' caches, in both families") {
  Neighbours here{true};
  for (const char* address : Neighbours::kAddresses) CHECK(here.known_mac(address) == "02:aa:00:00:00:01");
  here.inside.transact(links::announce(here.eth0.index, here.eth0.mac, "eth0"));
  for (const char* address : Neighbours::kAddresses) CHECK(here.learns(address));
  CHECK(links::get(here.inside, "eth0").mac == here.eth0.mac);
  CHECK(errno_of([&] { here.inside.transact(links::announce(4711, here.eth0.mac, "gone")); }) == ENODEV);
}

TEST_CASE("the kernel announces only what it has been asked to") {
  Neighbours here{false};
  here.inside.transact(links::announce(here.eth0.index, here.eth0.mac, "eth0"));
  for (const char* address : Neighbours::kAddresses) CHECK_FALSE(here.learns(address));
}
