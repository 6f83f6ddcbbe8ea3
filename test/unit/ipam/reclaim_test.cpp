// SPDX-License-Identifier: Apache-2.0
// Who is dead, and who is not.
#include <map>

#include "test/unit/ipam/support.hpp"

using namespace patchbay;
using namespace patchbay::test;
using ipam::Store;

namespace {

struct Fixture {
  Machine machine;
  Scratch scratch;
  std::uint64_t inode = 100;

  [[nodiscard]] Store store() const { return Store::open(scratch.path(), "net", Machine::environment()); }
  void reserve(const std::string& container, const std::string& address) {
    store().reserve(Machine::tenant(container, ++inode), {{ip(address), 0}});
  }
  void die() { Machine::alive.erase({4, inode}); }  // the namespace of the last one
  [[nodiscard]] std::string holder(const std::string& address) const {
    const auto lease = store().lease(ip(address));
    return lease ? lease->container : "nobody";
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "only the leases of namespaces that are gone are reclaimed") {
  reserve("alive", "10.0.0.2");
  reserve("dead", "10.0.0.3");
  die();
  CHECK(store().reclaimable() == std::vector{ip("10.0.0.3")});
  CHECK(store().is_dead({"net", "dead", "eth0"}));
  CHECK_FALSE(store().is_dead({"net", "alive", "eth0"}));
  CHECK(store().reclaim_dead() == 1);
  CHECK(store().reclaim_dead() == 0);
  CHECK(holder("10.0.0.2") == "alive");
  CHECK(holder("10.0.0.3") == "nobody");
}

TEST_CASE_METHOD(Fixture, "leases of another boot are reclaimed, once per boot without being asked") {
  CHECK(store().first_use_since_boot());
  reserve("before", "10.0.0.2");
  CHECK(store().reclaim_dead() == 0);
  CHECK_FALSE(store().first_use_since_boot());
  Machine::boot = "boot-2";
  CHECK(store().first_use_since_boot());
  reserve("after", "10.0.0.3");
  CHECK(store().reclaim_dead() == 1);
  CHECK_FALSE(store().first_use_since_boot());
  CHECK(holder("10.0.0.2") == "nobody");
  CHECK(holder("10.0.0.3") == "after");
}

TEST_CASE_METHOD(Fixture, "the boot is remembered once, through a garbage collection, and not where it cannot be") {
  const std::string marker = scratch / ".patchbay/net/boot";
  for (const char* boot : {"boot-1", "boot-2", "boot-3"}) {
    Machine::boot = boot;
    CHECK(store().first_use_since_boot());
    store().reclaim_dead();
    CHECK_FALSE(store().first_use_since_boot());
    store().keep_only({});
    CHECK_FALSE(store().first_use_since_boot());
    const std::filesystem::directory_iterator all{scratch / ".patchbay/net"};
    CHECK(std::distance(begin(all), end(all)) == 1);
  }
  std::filesystem::remove(marker);
  SECTION("a file") { scratch.file(".patchbay/net/boot", "boot-3"); }
  SECTION("a link to something else") { std::filesystem::create_symlink("boot-31", marker); }
  SECTION("a long one") { std::filesystem::create_symlink("boot-3" + std::string(500, '3'), marker); }
  CHECK(store().first_use_since_boot());
  store().reclaim_dead();
  CHECK_FALSE(store().first_use_since_boot());
}

TEST_CASE_METHOD(Fixture,
                 "torn entries of the index go with the next boot, what cannot be read or is of others stays") {
  reserve("c1", "10.0.0.2");
  store().reclaim_dead();
  const std::string index = ".patchbay/net/";
  const auto named = [&](const std::string& container) { return Owner{"net", container, "eth0"}.file_name(); };
  const std::string whole = content_of(scratch / (index + named("c1")));
  for (const std::size_t size : {std::size_t{0}, whole.size() / 2, whole.size() - 1}) {
    scratch.file(index + named("torn-" + std::to_string(size)), whole.substr(0, size));
  }
  scratch.file(index + named("zeroes"), std::string(whole.size(), '\0'));
  scratch.file(index + named("newer"), "something else\nend\n");
  std::filesystem::create_symlink("/etc/hostname", scratch / (index + named("link")));
  Machine::boot = "boot-2";
  store().reclaim_dead();
  CHECK(os::Directory::find(scratch / index)->list() == std::vector<std::string>{named("newer")});
  CHECK(std::filesystem::is_symlink(scratch / (index + named("link"))));
}

// The kernel gives the number of a namespace that has gone to the next.
TEST_CASE_METHOD(Fixture, "a namespace proves nobody alive when it is known to be another container's by now") {
  static std::map<std::string, os::NetnsId> paths;
  paths = {{"/run/netns/c2", {4, 100}}};
  auto environment = Machine::environment();
  environment.namespace_at = [](const std::string& path) {
    const auto at = paths.find(path);
    return at == paths.end() ? std::nullopt : std::optional{at->second};
  };
  const auto open = [&] { return Store::open(scratch.path(), "net", environment); };
  std::string ifname = "eth0", path = "/run/netns/c2";
  bool dead = false;
  SECTION("as both have the same interface in it") { dead = true; }
  SECTION("not while the path still leads there") { paths["/run/netns/c1"] = {4, 100}; }
  SECTION("not when the other's path leads elsewhere") { paths[path] = {4, 101}; }
  SECTION("not when they have different interfaces there") { ifname = "eth1"; }
  SECTION("not when they were attached by the same path") { path = "/run/netns/c1"; }
  SECTION("not when seen from another PID namespace") { Machine::pid_namespace = 2; }
  open().reserve(Machine::tenant("c1", 100), {{ip("10.0.0.2"), 0}});
  Machine::pid_namespace = 1;
  open().reserve({{"net", "c2", ifname}, path, os::NetnsId{4, 100}}, {{ip("10.0.0.3"), 0}});
  CHECK(open().is_dead({"net", "c1", "eth0"}) == dead);
  CHECK(open().reclaim_dead() == (dead ? 1 : 0));
  CHECK(holder("10.0.0.2") == (dead ? "nobody" : "c1"));
  CHECK(holder("10.0.0.3") == "c2");
}

TEST_CASE_METHOD(Fixture, "torn leases are reclaimed") {
  reserve("c1", "10.0.0.2");
  scratch.file("net/10.0.0.3", "");
  scratch.file("net/10.0.0.4", std::string(8, '\0'));
  CHECK(store().reclaim_dead() == 2);
  CHECK(holder("10.0.0.2") == "c1");
}

TEST_CASE_METHOD(Fixture, "what cannot be proven dead stays") {
  SECTION("a lease of the reference suite") {
    scratch.file((static_cast<void>(store()), "net/10.0.0.2"), "c1\r\neth0");
  }
  SECTION("a tenant without a known namespace") {
    store().reserve({{"net", "c1", "eth0"}, "", std::nullopt}, {{ip("10.0.0.2"), 0}});
  }
  SECTION("a namespace that was seen from another PID namespace") {
    reserve("c1", "10.0.0.2");
    die();
    Machine::pid_namespace = 2;
  }
  SECTION("a PID namespace that could not be told") {
    Machine::pid_namespace = 0;
    reserve("c1", "10.0.0.2");
    die();
  }
  SECTION("a lease that the reference suite has made since, for the same container") {
    reserve("c1", "10.0.0.2");
    die();
    std::filesystem::remove(scratch / "net/10.0.0.2");
    scratch.file("net/10.0.0.2", "c1\r\neth0");
    CHECK_FALSE(store().is_dead({"net", "c1", "eth0"}));
  }
  SECTION("a lease of another container, where the index has a dead one") {
    reserve("c0", "10.0.0.2");
    die();
    std::filesystem::remove(scratch / "net/10.0.0.2");
    reserve("c1", "10.0.0.2");
  }
  SECTION("an entry under a wrong name") {
    reserve("c1", "10.0.0.2");
    die();
    const std::string index = scratch / ".patchbay/net/";
    std::filesystem::rename(index + Owner{"net", "c1", "eth0"}.file_name(), index + std::string(40, '0'));
  }
  CHECK(store().reclaimable().empty());
  CHECK(store().reclaim_dead() == 0);
  CHECK(holder("10.0.0.2") == "c1");
}

TEST_CASE_METHOD(Fixture, "garbage collection keeps what is valid and nothing else") {
  reserve("c1", "10.0.0.2");
  reserve("c2", "10.0.0.3");
  scratch.file("net/10.0.0.4", "c1\r\neth1");
  scratch.file("net/10.0.0.5", "c3\r\neth0");
  scratch.file("net/10.0.0.6", "c1");
  scratch.file("net/10.0.0.7", "c4");
  scratch.file("net/10.0.0.8", "");
  scratch.file("net/10.0.0.9", "# printer");
  SECTION("some are valid") {
    CHECK(store().keep_only({{"net", "c1", "eth0"}, {"net", "c3", "eth0"}, {"net", "c9", "eth0"}}) == 4);
    CHECK(store().taken() == std::vector{ip("10.0.0.2"), ip("10.0.0.5"), ip("10.0.0.6"), ip("10.0.0.9")});
    CHECK(store().held_by({"net", "c1", "eth0"}, false) == std::vector{ip("10.0.0.2")});
    CHECK(store().held_by({"net", "c2", "eth0"}, false).empty());
  }
  SECTION("none is") {
    CHECK(store().keep_only({}) == 7);
    CHECK(store().taken() == std::vector{ip("10.0.0.9")});
  }
  CHECK(std::filesystem::exists(scratch / "net/lock"));
  CHECK(std::filesystem::exists(scratch / "net/last_reserved_ip.0"));
}

TEST_CASE_METHOD(Fixture, "garbage collection and reclaiming remove what killed processes left") {
  reserve("c1", "10.0.0.2");
  const auto stale = [&] {
    scratch.file("net/.patchbay-0123456789abcdef", "");
    scratch.file(".patchbay/net/.patchbay-0123456789abcdef", "");
  };
  stale();
  SECTION("GC") { store().keep_only({{"net", "c1", "eth0"}}); }
  SECTION("reclaiming") { store().reclaim_dead(); }
  CHECK_FALSE(std::filesystem::exists(scratch / "net/.patchbay-0123456789abcdef"));
  CHECK_FALSE(std::filesystem::exists(scratch / ".patchbay/net/.patchbay-0123456789abcdef"));
  CHECK(holder("10.0.0.2") == "c1");
}

TEST_CASE_METHOD(Fixture, "an index that is somebody else's directory keeps its files") {
  reserve("c1", "10.0.0.2");
  scratch.file(".patchbay/net/passwd", "precious");
  scratch.file(".patchbay/net/crontab", "");
  SECTION("GC") { store().keep_only({}); }
  SECTION("reclaiming") { store().reclaim_dead(); }
  SECTION("reclaiming after a boot") {
    std::filesystem::remove(scratch / ".patchbay/net/boot");
    store().reclaim_dead();
  }
  CHECK(std::filesystem::exists(scratch / ".patchbay/net/passwd"));
  CHECK(std::filesystem::exists(scratch / ".patchbay/net/crontab"));
}
