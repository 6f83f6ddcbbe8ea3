// SPDX-License-Identifier: Apache-2.0
// Every file of a store, cut off at every length, full of zeroes, garbled, missing; and every part of what a
// call had changed lost. Afterwards ADD works, DEL finishes and leaves nothing, CHECK says what is so, GC
// takes the rest, and nobody who lives shares his address.
#include <functional>

#include "common/ipam/allocate.hpp"
#include "test/unit/ipam/store_files.hpp"
#include "test/unit/ipam/support.hpp"

using namespace patchbay;
using namespace patchbay::test;
using ipam::Store;

namespace {

const Owner kFirst{"net", "c1", "eth0"}, kSecond{"net", "c2", "eth0"};

// Two containers on a network with room for one more, of both families.
struct Node {
  Machine machine;
  Scratch scratch;
  StoreFiles files{scratch / "data", "net"};
  std::vector<ipam::RangeSet> sets{set_of("10.0.0.0/29", "10.0.0.2", "10.0.0.4"), set_of("fd00::/125")};
  std::uint64_t inode = 100;

  Node() {
    if (access("/dev/shm", W_OK) == 0) setenv("TMPDIR", "/dev/shm", 0);
    add(kFirst);
    add(kSecond);
  }
  [[nodiscard]] Store store() const { return Store::open(scratch / "data", "net", Machine::environment()); }
  std::vector<net::Ip> add(const Owner& owner) {
    Store store = this->store();
    std::vector<net::Ip> got;
    const auto tenant = Machine::tenant(owner.container, ++inode, owner.ifname);
    for (const auto& one : ipam::allocate(store, tenant, sets, {})) got.push_back(one.address.ip);
    return got;
  }
  [[nodiscard]] std::vector<net::Ip> held(const Owner& owner) const { return store().held_by(owner, true); }
  void power_cut() {
    Machine::boot += "+";
    Machine::alive.clear();
  }
};

// Everything that may become of a file.
std::vector<std::optional<StoreFiles::File>> damages(const StoreFiles::File& file) {
  std::vector<std::optional<StoreFiles::File>> all{std::nullopt};
  if (file.is_link) return all;
  for (std::size_t size = 0; size < file.content.size(); ++size) all.push_back(StoreFiles::shortened(file, size));
  all.push_back(StoreFiles::zeroed(file));
  all.push_back(StoreFiles::garbled(file));
  return all;
}

unsigned for_every_damage(const StoreFiles& files, const std::function<void(const std::string& path)>& examine) {
  const auto whole = files.all();
  unsigned count = 0;
  for (const auto& [path, file] : whole) {
    for (const auto& damage : damages(file)) {
      files.restore(whole);
      damage ? StoreFiles::write(path, *damage) : StoreFiles::remove(path);
      INFO(path << ": " << (damage ? std::to_string(damage->content.size()) + " bytes " + damage->content : "absent"));
      examine(path);
      ++count;
    }
  }
  return count;
}

// The range has three addresses: all of them must be had again.
void require_all_addresses(Node& node) {
  for (const char* name : {"n1", "n2", "n3"}) CHECK_NOTHROW(node.add({"net", name, "eth0"}));
  CHECK(node.store().leases().size() == 6);
}

void require_nothing_after_gc(Node& node) {
  node.store().keep_only({});
  for (const auto& [path, file] : node.files.all()) {
    const std::string name = std::filesystem::path{path}.filename();
    if (name != "lock" && name != "boot" && !name.starts_with("last_reserved_ip.")) FAIL_CHECK(path << " is left");
  }
}

}  // namespace

TEST_CASE_METHOD(Node, "a power cut that damages a file costs no address, whoever comes next") {
  power_cut();
  const std::string boot = Machine::boot;
  std::function<void()> next;
  SECTION("others") {
    next = [] {};
  }
  SECTION("the same again") {
    next = [&] {
      for (const Owner& owner : {kFirst, kSecond}) CHECK_NOTHROW(add(owner));
      CHECK(held(kFirst).size() == 2);
      for (const Owner& owner : {kFirst, kSecond}) store().release(owner);
    };
  }
  SECTION("DEL") {
    next = [&] {
      for (const Owner& owner : {kFirst, kSecond, kFirst}) {
        CHECK_NOTHROW(store().release(owner));
        CHECK(held(owner).empty());
      }
    };
  }
  SECTION("GC") {
    next = [&] {
      store().keep_only({});
      for (const net::Ip& ip : store().taken()) CHECK_FALSE(store().lease(ip));  // reads as set aside, or is gone
    };
  }
  const unsigned count = for_every_damage(files, [&](const std::string&) {
    next();
    require_all_addresses(*this);
    require_nothing_after_gc(*this);
    Machine::boot = boot;
    Machine::alive.clear();
  });
  CHECK(count > 300);
}

TEST_CASE_METHOD(Node, "a damaged file costs nobody who lives his address") {
  const auto first = held(kFirst), second = held(kSecond);
  const auto alive = Machine::alive;
  const auto require_other = [&](const std::vector<net::Ip>& got) {
    for (const auto& taken : {first, second}) CHECK((got[0] != taken[0] && got[1] != taken[1]));
  };
  std::function<void()> next;
  SECTION("whoever comes") {
    next = [&] { CHECK(error_of([&] { add({"net", "n2", "eth0"}); }).code() == Code::pool_exhausted); };
  }
  SECTION("whatever is reclaimed") {
    next = [&] { CHECK(store().reclaim_dead() == 0); };
  }
  SECTION("whatever is collected") {
    next = [&] { CHECK(store().keep_only({kFirst, kSecond, {"net", "n1", "eth0"}}) == 0); };
  }
  for_every_damage(files, [&](const std::string& path) {
    const bool lease = net::Ip::parse(std::filesystem::path{path}.filename().string()).has_value();
    if (lease && !StoreFiles::read(path)) return;  // who removes a lease wants the address to be free
    CHECK((held(kFirst) != first || held(kSecond) != second) == lease);  // CHECK tells
    require_other(add({"net", "n1", "eth0"}));
    next();
    store().release({"net", "n1", "eth0"});
    require_other(add({"net", "n1", "eth0"}));
    for (const Owner& owner : {kFirst, kSecond, Owner{"net", "n1", "eth0"}}) {
      CHECK_NOTHROW(store().release(owner));
      CHECK(held(owner).empty());
    }
    CHECK(store().taken().empty());
    require_nothing_after_gc(*this);
    Machine::alive = alive;
  });
}

TEST_CASE_METHOD(Node, "whatever part of a call's changes a power cut takes, no address is lost") {
  static_cast<void>(store().reclaim_dead());
  const auto before = files.all();
  SECTION("ADD") { add({"net", "n1", "eth0"}); }
  SECTION("ADD again") {
    store().release(kFirst);
    add(kFirst);
  }
  SECTION("DEL") { store().release(kFirst); }
  SECTION("GC") { store().keep_only({kSecond}); }
  const auto after = files.all();
  power_cut();
  const std::string boot = Machine::boot;

  std::vector<std::string> changed;
  auto both = before;
  both.insert(after.begin(), after.end());
  for (const auto& [path, file] : both) {
    const auto was = before.find(path), is = after.find(path);
    if (was == before.end() || is == after.end() || was->second != is->second) changed.push_back(path);
  }
  REQUIRE(changed.size() >= 3);
  REQUIRE(changed.size() < 10);
  for (unsigned lost = 0; lost < 1U << changed.size(); ++lost) {
    CAPTURE(lost);
    files.restore(after);
    for (std::size_t i = 0; i < changed.size(); ++i) {
      if ((lost >> i & 1U) != 0) files.revert(before, changed[i]);
    }
    Machine::boot = boot;
    CHECK_NOTHROW(store().release(kSecond));
    CHECK(held(kSecond).empty());
    require_all_addresses(*this);
    require_nothing_after_gc(*this);
  }
}
