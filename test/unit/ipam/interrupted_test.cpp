// SPDX-License-Identifier: Apache-2.0
// SIGKILL at every system call of every verb: what follows finds everything.
#include "test/unit/ipam/interrupted.hpp"

#include "common/ipam/allocate.hpp"
#include "test/unit/ipam/support.hpp"

using namespace patchbay;
using namespace patchbay::test;
using ipam::Store;

namespace {

struct Fixture {
  Machine machine;
  Scratch scratch;
  std::string directory = scratch / "data";
  std::vector<ipam::RangeSet> sets{set_of("10.0.0.0/29"), set_of("fd00::/120")};
  Owner owner{"net", "c1", "eth0"};

  [[nodiscard]] Store store() const { return Store::open(directory, "net", Machine::environment()); }
  void add(const std::string& container, std::uint64_t inode) {
    Store store = this->store();
    ipam::allocate(store, Machine::tenant(container, inode), sets, {});
  }
  void del() const {
    if (auto store = Store::find(directory, "net", Machine::environment())) store->release(owner);
  }
  // Every name but those that are to stay: the lock, the last addresses, the boot marker.
  [[nodiscard]] std::string left() const {
    std::string names;
    std::error_code none;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{directory, none}) {
      const std::string name = entry.path().filename();
      const bool stays =
          entry.is_directory() || name == "lock" || name == "boot" || name.starts_with("last_reserved_ip.");
      if (!stays) names += entry.path().string() + " ";
    }
    return names;
  }
  void empty() const { std::filesystem::remove_all(directory); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "an ADD that is killed anywhere leaves nothing that the first DEL does not find") {
  if (!ptrace_works()) PATCHBAY_SKIP("ptrace(2) is not permitted here");
  bool with_neighbour = false;
  SECTION("the first of a network") {}
  SECTION("with a neighbour") { with_neighbour = true; }
  const unsigned points = at_every_point(
      [&] {
        empty();
        if (with_neighbour) add("c2", 200);
      },
      [&] { add("c1", 100); },
      [&](unsigned point) {
        CAPTURE(point);
        del();
        if (with_neighbour) {
          CHECK(store().held_by({"net", "c2", "eth0"}, false).size() == 2);
          store().release({"net", "c2", "eth0"});
        }
        CHECK(left().empty());
      });
  CHECK(points > 50);
}

TEST_CASE_METHOD(Fixture, "an ADD that is killed anywhere does not stand in the way of the next") {
  if (!ptrace_works()) PATCHBAY_SKIP("ptrace(2) is not permitted here");
  sets = {set_of("10.0.0.0/30")};  // one address
  at_every_point([&] { empty(); }, [&] { add("c1", 100); },
                 [&](unsigned point) {
                   CAPTURE(point);
                   Machine::alive.clear();  // and its namespace goes, without a DEL
                   CHECK_NOTHROW(add("c2", 200));
                   CHECK(store().lease(ip("10.0.0.2"))->container == "c2");
                 });
}

TEST_CASE_METHOD(Fixture, "an ADD that is killed anywhere can be repeated once its namespace is gone, without a DEL") {
  if (!ptrace_works()) PATCHBAY_SKIP("ptrace(2) is not permitted here");
  at_every_point([&] { empty(); }, [&] { add("c1", 100); },
                 [&](unsigned point) {
                   CAPTURE(point);
                   Machine::alive.clear();
                   CHECK_NOTHROW(add("c1", 200));
                   CHECK(store().held_by(owner, false).size() == 2);
                   CHECK(store().leases().size() == 2);
                   del();
                   CHECK(store().taken().empty());
                   store().keep_only({});  // temporary files, which a DEL that finds everything does not look for
                   CHECK(left().empty());
                 });
}

TEST_CASE_METHOD(Fixture, "wherever an ADD is killed, the last address is one that was handed out or is being") {
  if (!ptrace_works()) PATCHBAY_SKIP("ptrace(2) is not permitted here");
  sets = {set_of("10.0.0.0/24")};
  std::string before, next;
  SECTION("longer than the one before") { before = "10.0.0.9", next = "10.0.0.10"; }
  SECTION("as long") { before = "10.0.0.11", next = "10.0.0.12"; }
  SECTION("shorter") { before = "10.0.0.254", next = "10.0.0.2"; }
  at_every_point(
      [&] {
        empty();
        store().reserve(Machine::tenant("c2", 200), {{ip(before), 0}});
      },
      [&] { add("c1", 100); },
      [&](unsigned point) {
        CAPTURE(point);
        const std::string last = content_of(directory + "/net/last_reserved_ip.0");
        CHECK((last == before || last == next));
        if (std::filesystem::exists(directory + "/net/" + next)) CHECK(last == next);
      });
}

TEST_CASE_METHOD(Fixture, "a DEL that is killed anywhere can be repeated") {
  if (!ptrace_works()) PATCHBAY_SKIP("ptrace(2) is not permitted here");
  bool indexed = true;
  SECTION("with an index") {}
  SECTION("without") { indexed = false; }
  at_every_point(
      [&] {
        empty();
        add("c1", 100);
        if (!indexed) std::filesystem::remove(directory + "/.patchbay/net/" + owner.file_name());
      },
      [&] { del(); },
      [&](unsigned point) {
        CAPTURE(point);
        del();
        CHECK(left().empty());
      });
}

TEST_CASE_METHOD(Fixture, "a GC that is killed anywhere can be repeated") {
  if (!ptrace_works()) PATCHBAY_SKIP("ptrace(2) is not permitted here");
  const Owner kept{"net", "c2", "eth0"};
  at_every_point(
      [&] {
        empty();
        add("c1", 100);
        add("c2", 200);
      },
      [&] { store().keep_only({kept}); },
      [&](unsigned point) {
        CAPTURE(point);
        store().keep_only({kept});
        CHECK(store().leases().size() == 2);
        CHECK(store().held_by(kept, false).size() == 2);
        store().keep_only({});
        CHECK(left().empty());
      });
}
