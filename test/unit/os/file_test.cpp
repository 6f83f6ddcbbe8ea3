// SPDX-License-Identifier: Apache-2.0
#include "common/os/file.hpp"

#include <sys/stat.h>

#include "test/unit/os/scratch.hpp"

using patchbay::Code;
using patchbay::os::read_file;
using patchbay::os::read_proc;
using patchbay::test::error_of;
using patchbay::test::Scratch;

TEST_CASE("read_file reads what the administrator names, links included") {
  const Scratch scratch;
  CHECK_FALSE(read_file(scratch / "none"));
  CHECK_FALSE(read_file(scratch / "none/below"));
  scratch.file("file", "content\n");
  CHECK_FALSE(read_file(scratch / "file/below"));
  std::filesystem::create_symlink("file", scratch / "link");
  CHECK(read_file(scratch / "link") == "content\n");
  CHECK(read_file(scratch / "link", 8) == "content\n");
  CHECK(error_of([&] { read_file(scratch / "link", 7); }).code() == Code::io_failure);
}

TEST_CASE("read_file refuses what could block or never end") {
  const Scratch scratch;
  REQUIRE(mkfifo((scratch / "fifo").c_str(), 0600) == 0);
  for (const std::string& path :
       {scratch / "fifo", scratch.path(), std::string{"/dev/zero"}, std::string{"/dev/null"}}) {
    CAPTURE(path);
    CHECK(error_of([&] { read_file(path); }).code() == Code::io_failure);
  }
}

TEST_CASE("read_file reads files of /proc, which say that they are empty") {
  const auto mounts = read_file("/proc/self/mountinfo", 1U << 24U);
  REQUIRE(mounts);
  CHECK(mounts->ends_with("\n"));
  CHECK(read_file("/proc/self/comm") == "unit_os\n");
}

TEST_CASE("the boot ID is a UUID and stays") {
  const std::string id = patchbay::os::boot_id();
  CHECK(id.size() == 36);
  CHECK(id.find_first_not_of("0123456789abcdef-") == std::string::npos);
  CHECK(patchbay::os::boot_id() == id);
}

TEST_CASE("what /proc does not have is empty, what cannot be read is an error") {
  CHECK(read_proc("/proc/net/no_such_file").empty());
  CHECK(read_proc("/proc/self/comm") == "unit_os\n");
  CHECK(error_of([] { read_proc("/proc/self"); }).code() == Code::io_failure);
}
