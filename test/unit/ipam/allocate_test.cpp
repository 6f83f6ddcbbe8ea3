// SPDX-License-Identifier: Apache-2.0
#include "common/ipam/allocate.hpp"

#include "test/unit/ipam/support.hpp"

using namespace patchbay;
using namespace patchbay::test;
using ipam::RangeSet;
using ipam::Store;

namespace {

struct Fixture {
  Machine machine;
  Scratch scratch;
  std::vector<RangeSet> sets{set_of("10.0.0.0/29")};
  std::uint64_t inode = 100;

  [[nodiscard]] Store store() const { return Store::open(scratch.path(), "net", Machine::environment()); }
  // "10.0.0.2/29 via 10.0.0.1", several of them joined by ", "
  std::string add(const std::string& container, const std::vector<std::string>& requested = {}) {
    std::vector<net::Ip> addresses;
    for (const std::string& address : requested) addresses.push_back(ip(address));
    Store store = this->store();
    std::string text;
    for (const auto& got : ipam::allocate(store, Machine::tenant(container, ++inode), sets, addresses)) {
      text += (text.empty() ? "" : ", ") + got.address.to_string() + " via " + got.gateway.to_string();
    }
    return text;
  }
  void del(const std::string& container) { store().release({"net", container, "eth0"}); }
  Error refused(const std::string& container, const std::vector<std::string>& requested = {}) {
    return error_of([&] { add(container, requested); });
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "addresses go round robin, and a released one waits for its turn") {
  CHECK(add("c1") == "10.0.0.2/29 via 10.0.0.1");
  CHECK(add("c2") == "10.0.0.3/29 via 10.0.0.1");
  del("c1");
  CHECK(add("c3") == "10.0.0.4/29 via 10.0.0.1");
  CHECK(add("c4") == "10.0.0.5/29 via 10.0.0.1");
  CHECK(add("c5") == "10.0.0.6/29 via 10.0.0.1");
  CHECK(add("c6") == "10.0.0.2/29 via 10.0.0.1");
  const Error error = refused("c7");
  CHECK(error.code() == Code::pool_exhausted);
  CHECK(error.summary() == "failed to allocate for range 0: no IP addresses available in range set: 10.0.0.1-10.0.0.6");
  CHECK(store().held_by({"net", "c7", "eth0"}, true).empty());
}

TEST_CASE_METHOD(Fixture, "one address of each set, or none at all") {
  sets.push_back(set_of("fd00::/126"));
  sets.push_back(set_of("10.1.0.0/30"));
  CHECK(add("c1") == "10.0.0.2/29 via 10.0.0.1, fd00::2/126 via fd00::1, 10.1.0.2/30 via 10.1.0.1");
  CHECK(refused("c2").summary().find("failed to allocate for range 2: no IP addresses available") == 0);
  CHECK(store().taken().size() == 3);
  CHECK(store().last_reserved(0) == ip("10.0.0.2"));
}

TEST_CASE_METHOD(Fixture, "an attachment that has an address gets no other") {
  add("c1");
  const Error error = refused("c1");
  CHECK(error.code() == Code::address_unavailable);
  CHECK(std::string{error.what()} == "10.0.0.2 has been allocated to c1, duplicate allocation is not allowed");
  CHECK(refused("c1", {"10.0.0.5"}).code() == Code::address_unavailable);
  CHECK(store().held_by({"net", "c1", "eth0"}, false) == std::vector{ip("10.0.0.2")});
  SECTION("except of ranges where it has none") {
    sets = {set_of("10.7.0.0/29")};
    CHECK(add("c1") == "10.7.0.2/29 via 10.7.0.1");
    CHECK(store().held_by({"net", "c1", "eth0"}, false) == std::vector{ip("10.0.0.2"), ip("10.7.0.2")});
  }
  SECTION("or what it has is of another boot") {
    Machine::boot = "boot-2";
    CHECK(add("c1") == "10.0.0.3/29 via 10.0.0.1");
    CHECK(store().leases().size() == 1);
  }
  SECTION("or of a namespace that is gone") {
    Machine::alive.clear();
    CHECK(add("c1") == "10.0.0.3/29 via 10.0.0.1");
    CHECK(store().leases().size() == 1);
  }
}

TEST_CASE_METHOD(Fixture, "requested addresses") {
  sets.push_back(set_of("fd00::/64"));
  SECTION("are taken for the sets that they lie in") {
    CHECK(add("c1", {"fd00::77", "10.0.0.6"}) == "10.0.0.6/29 via 10.0.0.1, fd00::77/64 via fd00::1");
    CHECK(add("c2", {"fd00::9"}) == "10.0.0.2/29 via 10.0.0.1, fd00::9/64 via fd00::1");
    CHECK(store().last_reserved(1) == ip("fd00::9"));
  }
  SECTION("asked for twice is asked for once") {
    CHECK(add("c1", {"10.0.0.4", "10.0.0.4"}) == "10.0.0.4/29 via 10.0.0.1, fd00::2/64 via fd00::1");
  }
  SECTION("must not be the gateway") {
    const Error error = refused("c1", {"10.0.0.1"});
    CHECK(error.code() == Code::address_unavailable);
    CHECK(error.summary() == "failed to allocate for range 0: requested ip 10.0.0.1 is subnet's gateway");
  }
  SECTION("must be free") {
    add("c1", {"10.0.0.4"});
    const Error error = refused("c2", {"10.0.0.4"});
    CHECK(error.code() == Code::address_unavailable);
    CHECK(error.summary() ==
          "failed to allocate for range 0: requested IP address 10.0.0.4 is not available in range set "
          "10.0.0.1-10.0.0.6");
    CHECK(contains(error.details(), "it is leased to container c1, interface eth0"));
  }
  SECTION("are reclaimed from the dead") {
    add("c1", {"10.0.0.4"});
    Machine::alive.clear();
    CHECK(add("c2", {"10.0.0.4"}) == "10.0.0.4/29 via 10.0.0.1, fd00::3/64 via fd00::1");
  }
  SECTION("must all be served") {
    CHECK(refused("c1", {"10.0.0.4", "10.0.0.5", "10.9.9.9"}).summary() ==
          "failed to allocate all requested IPs: 10.0.0.5 10.9.9.9");
  }
  SECTION("outside start and end lie in no set") {
    sets = {set_of("10.0.0.0/24", "10.0.0.10", "10.0.0.20")};
    CHECK(refused("c1", {"10.0.0.9"}).summary() == "failed to allocate all requested IPs: 10.0.0.9");
  }
}

TEST_CASE_METHOD(Fixture, "an exhausted pool is reclaimed from the dead, and only from them") {
  for (const char* container : {"c1", "c2", "c3", "c4", "c5"}) add(container);
  Machine::alive.erase({4, 103});  // c3
  CHECK(add("c6") == "10.0.0.4/29 via 10.0.0.1");
  CHECK(refused("c7").code() == Code::pool_exhausted);
}

TEST_CASE_METHOD(Fixture, "the first ADD after a boot reclaims what was left") {
  for (const char* container : {"c1", "c2", "c3"}) add(container);
  Machine::boot = "boot-2";
  add("c4");
  CHECK(store().leases().size() == 1);
}

TEST_CASE_METHOD(Fixture, "a full pool of many addresses is searched in memory") {
  sets = {set_of("10.0.0.0/20")};
  add("c0");
  for (unsigned i = 3; i <= 4094; ++i) {
    if (i != 3000) scratch.file("net/" + ip("10.0.0.0").plus(i).to_string(), "x\r\neth0");
  }
  CHECK(add("c1") == "10.0.11.184/20 via 10.0.0.1");
  CHECK(refused("c2").code() == Code::pool_exhausted);
}

TEST_CASE_METHOD(Fixture, "free addresses are counted as far as asked") {
  CHECK(ipam::count_free(store(), sets[0], 100) == 5);
  CHECK(ipam::count_free(store(), sets[0], 2) == 2);
  add("c1");
  CHECK(ipam::count_free(store(), sets[0], 100) == 4);
  CHECK(ipam::count_free(store(), set_of("fd00::/64"), 3) == 3);
}
