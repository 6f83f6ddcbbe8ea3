// SPDX-License-Identifier: Apache-2.0
#include "common/ipam/detail/last_address.hpp"

#include <sys/stat.h>

#include "test/unit/ipam/support.hpp"

using namespace patchbay;
using namespace patchbay::test;
using ipam::detail::LastAddress;

namespace {

struct Fixture {
  Scratch scratch;
  os::Directory leases = os::Directory::ensure(scratch.path(), 0755);
  std::string file = scratch / "last_reserved_ip.0";

  void write(const std::string& address) const { LastAddress{leases, 0}.write(leases, ip(address)); }
  [[nodiscard]] ino_t inode() const {
    struct ::stat status {};
    return stat(file.c_str(), &status) == 0 ? status.st_ino : 0;
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "the last address is the file's text, whatever was there before") {
  CHECK_FALSE(LastAddress(leases, 0).ip());
  for (const char* address : {"10.0.0.9", "10.0.0.10", "10.0.0.9", "fd00::1234:5678", "1.1.1.1"}) {
    write(address);
    CHECK(content_of(file) == address);
    CHECK(LastAddress(leases, 0).ip() == ip(address));
    CHECK_FALSE(LastAddress(leases, 1).ip());
  }
}

TEST_CASE_METHOD(Fixture, "only what is no shorter is written over the old") {
  write("10.0.0.98");
  const ino_t first = inode();
  write("10.0.0.99");
  write("10.0.0.100");
  CHECK(inode() == first);
  const std::string held = scratch / "held";  // keeps its inode from being given out again
  std::filesystem::create_hard_link(file, held);
  write("10.0.0.2");
  CHECK(inode() != first);
  CHECK(content_of(held) == "10.0.0.100");
}

TEST_CASE_METHOD(Fixture, "what does not hold one address is replaced and not written into") {
  const std::string victim = scratch.file("victim", "10.0.0.200");
  SECTION("a link") { std::filesystem::create_symlink(victim, file); }
  SECTION("a FIFO") { REQUIRE(mkfifo(file.c_str(), 0600) == 0); }
  SECTION("a torn file") { scratch.file("last_reserved_ip.0", ""); }
  SECTION("zeroes after a power cut") { scratch.file("last_reserved_ip.0", std::string(9, '\0')); }
  SECTION("something longer") { scratch.file("last_reserved_ip.0", "10.0.0.1" + std::string(5000, ' ')); }
  SECTION("two of them") { scratch.file("last_reserved_ip.0", "10.0.0.1\n10.0.0.2\n"); }
  CHECK_FALSE(LastAddress(leases, 0).ip());
  write("10.0.0.3");
  CHECK(content_of(file) == "10.0.0.3");
  CHECK(std::filesystem::is_regular_file(std::filesystem::symlink_status(file)));
  CHECK(content_of(victim) == "10.0.0.200");
}
