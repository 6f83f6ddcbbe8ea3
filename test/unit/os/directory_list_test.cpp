// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include "common/os/file.hpp"
#include "test/unit/os/scratch.hpp"

using patchbay::os::Directory;
using patchbay::test::Scratch;

TEST_CASE("list shows regular files, sorted, without temporary ones") {
  const Scratch scratch;
  const auto directory = Directory::ensure(scratch.path(), 0755);
  for (const char* name : {"b", "a", ".hidden", "lock"}) scratch.file(name, "x");
  const std::string stale = std::string{patchbay::os::kTemporaryPrefix} + "0123";
  scratch.file(stale, "half");
  std::filesystem::create_directory(scratch / "directory");
  std::filesystem::create_symlink("a", scratch / "link");
  REQUIRE(mkfifo((scratch / "fifo").c_str(), 0600) == 0);
  const std::vector<std::string> expected{".hidden", "a", "b", "lock"};
  CHECK(directory.list() == expected);
  CHECK(directory.list() == expected);  // a second time from the beginning
  CHECK(std::filesystem::exists(scratch / stale));
  directory.remove_stale();
  CHECK_FALSE(std::filesystem::exists(scratch / stale));
  CHECK(directory.list() == expected);
}

TEST_CASE("directories are told apart from files") {
  const Scratch scratch;
  std::filesystem::create_directory(scratch / "b");
  std::filesystem::create_directory(scratch / "a");
  scratch.file("file", "");
  std::filesystem::create_directory_symlink(scratch / "a", scratch / "link");
  CHECK(Directory::find(scratch.path())->directories() == std::vector<std::string>{"a", "b"});
  CHECK(Directory::at(scratch / "none", 0700).directories().empty());
}
