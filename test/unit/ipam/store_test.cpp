// SPDX-License-Identifier: Apache-2.0
#include "common/ipam/store.hpp"

#include <sys/stat.h>

#include "test/unit/ipam/support.hpp"

using namespace patchbay;
using namespace patchbay::test;
using ipam::Store;

namespace {

const Owner kOwner{"net", "c1", "eth0"};

unsigned mode_of(const std::string& path) {
  struct ::stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & ALLPERMS : 0;
}

std::vector<std::string> names_in(const std::string& path) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{path}) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

struct Fixture {
  Machine machine;
  Scratch scratch;
  std::string leases = scratch / "net", index = scratch / ".patchbay/net";

  [[nodiscard]] Store store() const { return Store::open(scratch.path(), "net", Machine::environment()); }
  void reserve(const std::string& container, const std::vector<std::string>& addresses,
               const std::string& ifname = "eth0") const {
    std::vector<Store::Claim> claims;
    for (const std::string& address : addresses) claims.push_back({ip(address), claims.size()});
    store().reserve(Machine::tenant(container, 100, ifname), claims);
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a reservation is the reference's files, and an index entry beside them") {
  reserve("c1", {"10.0.0.2", "fd00::2"});
  CHECK(names_in(leases) ==
        std::vector<std::string>{"10.0.0.2", "fd00::2", "last_reserved_ip.0", "last_reserved_ip.1", "lock"});
  CHECK(content_of(leases + "/10.0.0.2") == "c1\r\neth0");
  CHECK(content_of(leases + "/fd00::2") == "c1\r\neth0");
  CHECK(content_of(leases + "/last_reserved_ip.0") == "10.0.0.2");
  CHECK(content_of(leases + "/last_reserved_ip.1") == "fd00::2");
  CHECK(content_of(leases + "/lock").empty());
  CHECK(mode_of(leases) == 0755);
  CHECK(mode_of(leases + "/lock") == 0750);
  CHECK(mode_of(leases + "/10.0.0.2") == 0400);
  CHECK(mode_of(leases + "/last_reserved_ip.0") == 0600);
  CHECK(mode_of(scratch / ".patchbay") == 0700);
  CHECK(mode_of(index) == 0700);
  CHECK(names_in(index) == std::vector<std::string>{kOwner.file_name()});
  CHECK(mode_of(index + "/" + kOwner.file_name()) == 0600);
  const auto entry = ipam::IndexEntry::parse(content_of(index + "/" + kOwner.file_name())).value();
  CHECK(entry.owner == kOwner);
  CHECK(entry.boot == "boot-1");
  CHECK(entry.netns == os::NetnsId{4, 100});
  CHECK(entry.netns_path == "/run/netns/c1");
  CHECK(entry.addresses == std::vector{ip("10.0.0.2"), ip("fd00::2")});
}

TEST_CASE_METHOD(Fixture, "find creates nothing") {
  CHECK_FALSE(Store::find(scratch.path(), "net", Machine::environment()));
  CHECK_FALSE(Store::find(scratch / "none/such", "net", Machine::environment()));
  CHECK(names_in(scratch.path()).empty());
}

TEST_CASE_METHOD(Fixture, "release leaves the lock and the last address") {
  reserve("c1", {"10.0.0.2", "fd00::2"});
  reserve("c2", {"10.0.0.3"});
  store().release(kOwner);
  CHECK(store().leases().size() == 1);
  store().release({"net", "c2", "eth0"});
  CHECK(names_in(leases) == std::vector<std::string>{"last_reserved_ip.0", "last_reserved_ip.1", "lock"});
  CHECK(names_in(index).empty());
  CHECK_NOTHROW(store().release(kOwner));  // again
  CHECK(store().last_reserved(0) == ip("10.0.0.3"));
  CHECK_FALSE(store().last_reserved(7));
}

TEST_CASE_METHOD(Fixture, "what is not free") {
  reserve("c1", {"10.0.0.2"});
  CHECK_FALSE(store().is_free(ip("10.0.0.2")));
  CHECK(store().is_free(ip("10.0.0.3")));
  scratch.file("net/10.0.0.4", "");  // torn
  CHECK(store().is_free(ip("10.0.0.4")));
  std::filesystem::create_symlink("/etc/passwd", leases + "/10.0.0.5");
  CHECK_FALSE(store().is_free(ip("10.0.0.5")));
  std::filesystem::create_directory(leases + "/10.0.0.6");
  CHECK_FALSE(store().is_free(ip("10.0.0.6")));
  scratch.file("net/10.0.0.7", "set aside for the printer");
  CHECK_FALSE(store().is_free(ip("10.0.0.7")));
  CHECK(store().lease(ip("10.0.0.2"))->container == "c1");
  CHECK_FALSE(store().lease(ip("10.0.0.7")));
  CHECK(store().taken() == std::vector{ip("10.0.0.2"), ip("10.0.0.4"), ip("10.0.0.7")});
  CHECK(store().leases().size() == 1);
}

TEST_CASE_METHOD(Fixture, "a torn lease is taken over") {
  std::filesystem::create_directory(leases);
  scratch.file("net/10.0.0.2", "");
  reserve("c1", {"10.0.0.2"});
  CHECK(content_of(leases + "/10.0.0.2") == "c1\r\neth0");
}

TEST_CASE_METHOD(Fixture, "a reservation that fails leaves nothing") {
  reserve("c1", {"10.0.0.2"});
  CHECK(error_of([&] { reserve("c2", {"fd00::2", "10.0.0.2"}); }).code() == Code::try_again);
  CHECK_FALSE(std::filesystem::exists(leases + "/fd00::2"));
  CHECK(names_in(index) == std::vector<std::string>{kOwner.file_name()});
  SECTION("and what the owner had before stays known") {
    reserve("c2", {"10.0.0.3"});
    CHECK(error_of([&] { reserve("c2", {"10.0.0.4", "10.0.0.2"}); }).code() == Code::try_again);
    CHECK(store().held_by({"net", "c2", "eth0"}, false) == std::vector{ip("10.0.0.3")});
  }
}

TEST_CASE_METHOD(Fixture, "a second reservation of an owner adds to the first") {
  reserve("c1", {"10.0.0.2"});
  reserve("c1", {"10.1.0.2"});
  CHECK(store().held_by(kOwner, false) == std::vector{ip("10.0.0.2"), ip("10.1.0.2")});
  store().release(kOwner);
  CHECK(store().leases().empty());
}

TEST_CASE_METHOD(Fixture, "an index entry that is torn, or a stranger's, is replaced") {
  reserve("c2", {"10.0.0.3"});
  const std::string file = index + "/" + kOwner.file_name();
  SECTION("empty") { scratch.file(".patchbay/net/" + kOwner.file_name(), ""); }
  SECTION("torn") { scratch.file(".patchbay/net/" + kOwner.file_name(), "network net\ncontainer c1\nifna"); }
  SECTION("of another") { std::filesystem::copy_file(index + "/" + Owner{"net", "c2", "eth0"}.file_name(), file); }
  reserve("c1", {"10.0.0.2"});
  CHECK(store().held_by(kOwner, false) == std::vector{ip("10.0.0.2")});
  CHECK(mode_of(file) == 0600);
  CHECK(names_in(index).size() == 2);
}

TEST_CASE_METHOD(Fixture, "leases that the index does not know are found by reading them") {
  reserve("c1", {"10.0.0.2"}, "eth1");
  scratch.file("net/10.0.0.9", "c1\r\neth0");
  CHECK(store().held_by(kOwner, false).empty());
  CHECK(store().held_by(kOwner, true) == std::vector{ip("10.0.0.9")});
  SECTION("also when it knows of others, which have changed hands") {
    reserve("c1", {"10.0.0.3"});
    std::filesystem::remove(leases + "/10.0.0.3");
    scratch.file("net/10.0.0.3", "c2\r\neth0");
  }
  store().release(kOwner);
  CHECK_FALSE(std::filesystem::exists(leases + "/10.0.0.9"));
  CHECK(content_of(leases + "/10.0.0.2") == "c1\r\neth1");
}

TEST_CASE_METHOD(Fixture, "an address belongs to whom its lease names, whatever the index says") {
  reserve("c1", {"10.0.0.2"});
  std::filesystem::remove(leases + "/10.0.0.2");
  scratch.file("net/10.0.0.2", "c2\r\neth0");
  CHECK(store().held_by(kOwner, true).empty());
  store().release(kOwner);
  CHECK(content_of(leases + "/10.0.0.2") == "c2\r\neth0");
}

TEST_CASE_METHOD(Fixture, "leases by container only") {
  std::filesystem::create_directory(leases);
  scratch.file("net/10.0.0.9", "c1\n");
  SECTION("are its interface's when it has no other") {
    CHECK(store().held_by(kOwner, true) == std::vector{ip("10.0.0.9")});
    store().release({"net", "c", "eth0"});
    CHECK(std::filesystem::exists(leases + "/10.0.0.9"));
    store().release(kOwner);
    CHECK_FALSE(std::filesystem::exists(leases + "/10.0.0.9"));
  }
  SECTION("stay while another of its interfaces has a lease of its own") {
    reserve("c1", {"10.0.0.2"}, "eth1");
    store().release(kOwner);
    CHECK(std::filesystem::exists(leases + "/10.0.0.9"));
    store().release({"net", "c1", "eth1"});
    CHECK(std::filesystem::exists(leases + "/10.0.0.9"));
    store().release(kOwner);
    CHECK_FALSE(std::filesystem::exists(leases + "/10.0.0.9"));
  }
}

TEST_CASE_METHOD(Fixture, "a hostile store is not followed and does not block") {
  reserve("c1", {"10.0.0.2"});
  const std::string victim = scratch.file("victim", "precious");
  const auto replace = [&](const std::string& name, const auto& make) {
    std::filesystem::remove(leases + "/" + name);
    make((leases + "/" + name).c_str());
  };
  const auto link = [&](const char* path) { std::filesystem::create_symlink(victim, path); };
  const auto fifo = [](const char* path) { REQUIRE(mkfifo(path, 0600) == 0); };
  SECTION("a symbolic link in place of last_reserved_ip") {
    replace("last_reserved_ip.0", link);
    CHECK_FALSE(store().last_reserved(0));
    reserve("c2", {"10.0.0.3"});
    CHECK(content_of(leases + "/last_reserved_ip.0") == "10.0.0.3");
  }
  SECTION("a FIFO in place of last_reserved_ip") {
    replace("last_reserved_ip.0", fifo);
    reserve("c2", {"10.0.0.3"});
    CHECK(store().last_reserved(0) == ip("10.0.0.3"));
  }
  SECTION("a symbolic link in place of the lock") {
    replace("lock", link);
    CHECK(error_of([&] { static_cast<void>(store()); }).code() == Code::io_failure);
  }
  SECTION("a FIFO in place of the lock") {
    replace("lock", fifo);
    CHECK(error_of([&] { static_cast<void>(store()); }).code() == Code::io_failure);
  }
  SECTION("a symbolic link or a FIFO in place of a lease") {
    std::filesystem::create_symlink(victim, leases + "/10.0.0.3");
    fifo((leases + "/10.0.0.4").c_str());
    CHECK_FALSE(store().is_free(ip("10.0.0.3")));
    CHECK_FALSE(store().is_free(ip("10.0.0.4")));
    CHECK_NOTHROW(store().release({"net", "c9", "eth0"}));  // a scan
    CHECK(store().keep_only({}) == 1);
    CHECK(std::filesystem::is_symlink(leases + "/10.0.0.3"));
  }
  SECTION("an index entry that is a link, or of somebody else") {
    std::filesystem::remove(index + "/" + kOwner.file_name());
    std::filesystem::create_symlink(victim, index + "/" + kOwner.file_name());
    CHECK(store().held_by(kOwner, false).empty());
    store().release(kOwner);
    CHECK(store().leases().empty());
  }
  SECTION("a lease that does not end") {
    scratch.file("net/10.0.0.3", std::string(1U << 20U, 'x'));
    CHECK_NOTHROW(store().release({"net", "c9", "eth0"}));
    CHECK_FALSE(store().is_free(ip("10.0.0.3")));
  }
  CHECK(content_of(victim) == "precious");
}

TEST_CASE_METHOD(Fixture, "what a killed process left is removed when its owner is released") {
  reserve("c1", {"10.0.0.2"});
  std::filesystem::remove(leases + "/10.0.0.2");  // killed before the lease was there
  scratch.file("net/.patchbay-0123456789abcdef", "10.0");
  scratch.file(".patchbay/net/.patchbay-0123456789abcdef", "net");
  store().release(kOwner);
  CHECK(names_in(leases) == std::vector<std::string>{"last_reserved_ip.0", "lock"});
  CHECK(names_in(index).empty());
}
