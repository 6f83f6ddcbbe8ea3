// SPDX-License-Identifier: Apache-2.0
// What can be said of namespaces without making one; the rest is in test/netns.
#include "common/os/netns.hpp"

#include <sys/stat.h>
#include <sys/wait.h>

#include "test/unit/os/scratch.hpp"

using patchbay::Code;
using patchbay::os::Netns;
using patchbay::os::NetnsId;
using patchbay::test::contains;
using patchbay::test::error_of;
using patchbay::test::Scratch;

TEST_CASE("what is no network namespace is refused, naming the path") {
  const Scratch scratch;
  REQUIRE(mkfifo((scratch / "fifo").c_str(), 0600) == 0);
  for (const std::string& path : {scratch / "none", scratch.file("file", ""), scratch.path(), scratch / "fifo",
                                  std::string{"/proc/self/comm"}, std::string{"/dev/null"}}) {
    CAPTURE(path);
    const auto error = error_of([&] { Netns::open(path); });
    CHECK(error.code() == Code::invalid_netns);
    CHECK(contains(error.summary(), path));
  }
  CHECK(error_of([] { Netns::open(""); }).code() == Code::invalid_netns);
}

TEST_CASE("another kind of namespace is not entered, and no container's for find") {
  for (const std::string path : {"/proc/self/ns/mnt", "/proc/self/ns/user"}) {
    const auto error = error_of([&] { patchbay::os::inside(Netns::open(path), [] { FAIL("it was entered"); }); });
    CHECK(error.code() == Code::invalid_netns);
    CHECK(contains(error.summary(), path));
    CHECK(contains(error.summary(), "not a network namespace"));
    CHECK_FALSE(Netns::find(path));
  }
}

TEST_CASE("our own namespace is refused unless it is allowed") {
  CHECK(error_of([] { Netns::open("/proc/self/ns/net"); }).code() == Code::invalid_netns);
  CHECK(error_of([] { Netns::find("/proc/self/ns/net"); }).code() == Code::invalid_netns);
  const NetnsId own = Netns::own().id();
  CHECK(Netns::open("/proc/self/ns/net", true).id() == own);
  CHECK(Netns::find("/proc/self/ns/net", true)->id() == own);
  struct stat status {};
  REQUIRE(stat("/proc/self/ns/net", &status) == 0);
  CHECK(own == NetnsId{status.st_dev, status.st_ino});
}

TEST_CASE("find takes an absent path, a plain file and a dead process for a container that is gone") {
  const Scratch scratch;
  CHECK_FALSE(Netns::find(""));
  CHECK_FALSE(Netns::find(scratch / "none"));
  CHECK_FALSE(Netns::find(scratch.file("file", "") + "/below"));
  CHECK_FALSE(Netns::find(scratch / "file"));
  std::filesystem::permissions(scratch / "file", std::filesystem::perms::none);  // as `ip netns add` makes them
  CHECK_FALSE(Netns::find(scratch / "file"));
  const pid_t zombie = fork();
  if (zombie == 0) _exit(0);
  const std::string path = "/proc/" + std::to_string(zombie) + "/ns/net";
  siginfo_t info{};
  REQUIRE(waitid(P_PID, static_cast<id_t>(zombie), &info, WEXITED | WNOWAIT) == 0);
  CHECK_FALSE(Netns::find(path));
  waitpid(zombie, nullptr, 0);
  CHECK_FALSE(Netns::find(path));
}

TEST_CASE("find takes whatever else is in its place for a container that is gone") {
  const Scratch scratch;
  CHECK_FALSE(Netns::find(scratch.path()));
  std::filesystem::create_symlink("loop", scratch / "loop");
  CHECK_FALSE(Netns::find(scratch / "loop"));
  REQUIRE(mkfifo((scratch / "fifo").c_str(), 0600) == 0);
  CHECK_FALSE(Netns::find(scratch / "fifo"));
  CHECK_FALSE(Netns::find("/dev/null"));
  CHECK_FALSE(Netns::find("/" + std::string(5000, 'x')));
}

TEST_CASE("our own namespace is not gone") {
  const NetnsId own = Netns::own().id();
  CHECK_FALSE(patchbay::os::provably_gone(own, "/proc/self/ns/net"));
  CHECK_FALSE(patchbay::os::provably_gone(own, "/run/netns/long-gone"));
  CHECK_FALSE(patchbay::os::provably_gone(own, ""));
}
