// SPDX-License-Identifier: Apache-2.0
#include "test/stress/place.hpp"

#include <sys/stat.h>

#include "test/support/catch.hpp"
#include "test/support/world.hpp"

using namespace patchbay;

namespace {

ino_t inode(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_ino;
}

bool exists(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0;
}

}  // namespace

TEST_CASE("a place that is hidden comes back as the same namespace, and one that is removed as another") {
  test::World world;
  stress::Place place{"somewhere", "tcp"};
  CHECK(world.sh_in("somewhere", "ip link set lo up && ss -Htln").find("*:80") != std::string::npos);
  const auto first = inode(place.path());
  CHECK(first != inode("/proc/self/ns/net"));

  place.hide();
  CHECK_FALSE(exists(place.path()));
  place.hide();  // nothing is left to do
  place.show();
  CHECK(inode(place.path()) == first);

  place.dismiss();
  place.remove();
  CHECK_FALSE(exists(place.path()));
  place.show();
  CHECK(world.ask("somewhere", "tcp", "127.0.0.1", 80) == std::nullopt);  // its lo is down
  world.sh_in("somewhere", "ip link set lo up");
  CHECK(world.ask("somewhere", "tcp", "127.0.0.1", 80) == "somewhere 127.0.0.1");
}
