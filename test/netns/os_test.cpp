// SPDX-License-Identifier: Apache-2.0
// Namespaces and settings that need a node of one's own.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include "common/base/error.hpp"
#include "common/os/file.hpp"
#include "common/os/netns.hpp"
#include "common/os/sysctl.hpp"
#include "test/support/catch.hpp"
#include "test/support/world.hpp"

using patchbay::Code;
using patchbay::Error;
using patchbay::os::Netns;
using patchbay::os::NetnsId;
namespace sysctl = patchbay::os::sysctl;

TEST_CASE("a network namespace is opened, identified and told from others") {
  patchbay::test::World world;
  const std::string red = world.netns("red");
  const std::string blue = world.netns("blue");
  const Netns opened = Netns::open(red);
  CHECK(opened.id() == Netns::find(red)->id());
  CHECK(opened.id() != Netns::open(blue).id());
  CHECK(opened.id() != Netns::own().id());
  CHECK((fcntl(opened.fd(), F_GETFD) & FD_CLOEXEC) != 0);
  world.remove_netns("red");
  CHECK_FALSE(Netns::find(red));
  CHECK_THROWS_AS(Netns::open(red), Error);
}

TEST_CASE("a mount point that lost its mount is a container that is gone") {
  patchbay::test::World world;
  const std::string red = world.netns("red");
  REQUIRE(umount2(red.c_str(), MNT_DETACH) == 0);
  struct stat status {};
  REQUIRE(stat(red.c_str(), &status) == 0);
  CHECK_FALSE(Netns::find(red));
  CHECK_THROWS_AS(Netns::open(red), Error);
}

TEST_CASE("work inside a namespace comes back, also when it throws") {
  patchbay::test::World world;
  const Netns red = Netns::open(world.netns("red"));
  const NetnsId home = Netns::own().id();
  NetnsId there;
  patchbay::os::inside(red, [&] { there = Netns::own().id(); });
  CHECK(there == red.id());
  CHECK(Netns::own().id() == home);
  CHECK_THROWS_AS(patchbay::os::inside(red, [] { throw std::runtime_error{"inside"}; }), std::runtime_error);
  CHECK(Netns::own().id() == home);
}

TEST_CASE("settings are those of the namespace that we are in") {
  patchbay::test::World world;
  const Netns red = Netns::open(world.netns("red"));
  CHECK(sysctl::ensure("net/ipv4/ip_forward", "0"));
  patchbay::os::inside(red, [] {
    CHECK(sysctl::ensure("net/ipv4/ip_forward", "1"));
    CHECK(sysctl::find("net/ipv4/ip_forward") == "1");
  });
  CHECK(sysctl::find("net/ipv4/ip_forward") == "0");
  CHECK(sysctl::set("net/ipv4/ip_forward", "1"));
  CHECK(sysctl::find("net/ipv4/ip_forward") == "1");
  CHECK(sysctl::ensure("net/ipv4/ip_local_port_range", "20000 30000"));
  CHECK(sysctl::find("net/ipv4/ip_local_port_range") == "20000\t30000");
  CHECK(sysctl::ensure("net/ipv6/conf/lo/stable_secret", "2001:db8::1"));  // not readable until it is set
}

TEST_CASE("a value that the kernel does not take is refused") {
  patchbay::test::World world;
  try {
    sysctl::ensure("net/ipv4/ip_forward", "many");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == Code::sysctl_refused);
    CHECK(error.error_number() == EINVAL);
  }
}

TEST_CASE("a read-only /proc/sys matters only when a setting must change") {
  patchbay::test::World world;
  REQUIRE(sysctl::ensure("net/ipv4/ip_forward", "1"));
  world.sh("mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys");
  CHECK(sysctl::ensure("net/ipv4/ip_forward", "1"));
  CHECK(sysctl::set("net/ipv4/ip_forward", "1"));
  CHECK_THROWS_AS(sysctl::set("net/ipv4/ip_forward", "0"), Error);
  try {
    sysctl::ensure("net/ipv4/ip_forward", "0");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == Code::sysctl_refused);
    CHECK(error.error_number() == EROFS);
    CHECK_FALSE(error.details().empty());
  }
  world.sh("umount /proc/sys");
}

TEST_CASE("a file over a setting does not pass for the setting") {
  patchbay::test::World world;
  world.sh("echo 0 > /run/fake && mount --bind /run/fake /proc/sys/net/ipv4/ip_forward");
  CHECK_THROWS_AS(sysctl::ensure("net/ipv4/ip_forward", "1"), Error);
  CHECK_THROWS_AS(sysctl::set("net/ipv4/ip_forward", "1"), Error);
  world.sh("umount /proc/sys/net/ipv4/ip_forward");
}

TEST_CASE("a namespace is gone when neither path, mount nor process is left") {
  if (!patchbay::test::is_root()) PATCHBAY_SKIP("processes of others cannot be examined, so nothing is provable");
  patchbay::test::World world;
  const std::string red = world.netns("red");
  const NetnsId id = Netns::open(red).id();
  CHECK_FALSE(patchbay::os::provably_gone(id, red));
  CHECK_FALSE(patchbay::os::provably_gone(id, "/run/netns/elsewhere"));  // the mount is found all the same

  const int pid = world.background("red", "echo up; exec sleep 1000", "up");
  world.remove_netns("red");
  CHECK_FALSE(patchbay::os::provably_gone(id, red));  // the process is
  world.stop(pid);
  CHECK(patchbay::os::provably_gone(id, red));

  const std::string again = world.netns("red");  // another namespace under the same path
  CHECK(patchbay::os::provably_gone(id, again) == (Netns::open(again).id() != id));
}

TEST_CASE("a namespace that only another mount namespace shows is not gone") {
  if (!patchbay::test::is_root()) PATCHBAY_SKIP("processes of others cannot be examined, so nothing is provable");
  patchbay::test::World world;
  const std::string red = world.netns("red");
  const NetnsId id = Netns::open(red).id();
  world.sh("mount --make-rprivate /");
  const int pid = world.background("", "exec unshare -m --propagation private sh -c 'echo up; exec sleep 1000'", "up");
  REQUIRE(umount2(red.c_str(), MNT_DETACH) == 0);  // unlinking it would unmount it everywhere
  CHECK_FALSE(patchbay::os::provably_gone(id, red));
  world.stop(pid);
  CHECK(patchbay::os::provably_gone(id, red));
}

TEST_CASE("a census is taken once") {
  if (!patchbay::test::is_root()) PATCHBAY_SKIP("processes of others cannot be examined, so nothing is provable");
  patchbay::test::World world;
  const NetnsId red = Netns::open(world.netns("red")).id();
  const NetnsId blue = Netns::open(world.netns("blue")).id();
  world.remove_netns("red");
  patchbay::os::NetnsCensus census;
  CHECK(census.provably_gone(red, "/run/netns/red"));
  CHECK_FALSE(census.provably_gone(blue, "/run/netns/blue"));
}

TEST_CASE("a lock on a filesystem of its own is found in /proc/locks") {
  patchbay::test::World world;
  const auto held = patchbay::os::FileLock::acquire("/run/lock-test", 0600, std::chrono::milliseconds{0});
  try {
    patchbay::os::FileLock::acquire("/run/lock-test", 0600, std::chrono::milliseconds{10});
    FAIL("locked twice");
  } catch (const Error& error) {
    CHECK(error.summary().find("process " + std::to_string(getpid())) != std::string::npos);
  }
}
