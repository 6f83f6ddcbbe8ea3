// SPDX-License-Identifier: Apache-2.0
#include "common/ipam/namespaces.hpp"

#include <sys/stat.h>

#include "test/unit/os/scratch.hpp"

using namespace patchbay;
using namespace patchbay::test;

TEST_CASE("a namespace is told by its path as it is when opened") {
  const auto own = os::Netns::own().id();
  CHECK(ipam::namespace_at("/proc/self/ns/net") == own);
  const Scratch scratch;
  std::filesystem::create_symlink("/proc/self/ns/net", scratch / "link");
  CHECK(ipam::namespace_at(scratch / "link") == own);
}

TEST_CASE("what is no namespace has no identity") {
  const Scratch scratch;
  REQUIRE(mkfifo((scratch / "fifo").c_str(), 0600) == 0);
  for (const std::string& path : {std::string{}, scratch / "none", scratch.file("file", ""), scratch / "fifo",
                                  scratch.path(), std::string{"/proc/self/ns"}, std::string{"/dev/null"}}) {
    CAPTURE(path);
    CHECK_FALSE(ipam::namespace_at(path));
  }
}

TEST_CASE("the PID namespace is that of this process") {
  struct ::stat status {};
  REQUIRE(stat("/proc/self/ns/pid", &status) == 0);
  CHECK(ipam::own_pid_namespace() == status.st_ino);
  CHECK(ipam::own_pid_namespace() != 0);
}
