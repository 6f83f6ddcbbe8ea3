// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>

#include "common/os/file.hpp"
#include "test/unit/os/scratch.hpp"

using patchbay::os::Directory;
using patchbay::test::entries_in;
using patchbay::test::Scratch;

TEST_CASE("of many who create one name, one succeeds, and its content is whole") {
  const Scratch scratch;
  const auto directory = Directory::ensure(scratch.path(), 0755);
  constexpr int kWriters = 8;
  constexpr int kRounds = 50;
  for (int writer = 0; writer < kWriters; ++writer) {
    if (fork() != 0) continue;
    int won = 0;
    for (int round = 0; round < kRounds; ++round) {
      const std::string content(2000, static_cast<char>('a' + writer));
      if (directory.create(std::to_string(round), content, 0600)) ++won;
    }
    _exit(won);
  }
  int won = 0;
  for (int writer = 0; writer < kWriters; ++writer) {
    int status = 0;
    REQUIRE(wait(&status) > 0);
    REQUIRE(WIFEXITED(status));
    won += WEXITSTATUS(status);
  }
  CHECK(won == kRounds);
  CHECK(directory.list().size() == kRounds);
  for (const std::string& name : directory.list()) {
    const std::string content = directory.read(name).value();
    CHECK(content == std::string(2000, content.at(0)));
  }
}

TEST_CASE("many who replace one file at once do not get into each other's way") {
  const Scratch scratch;
  const auto directory = Directory::ensure(scratch.path(), 0755);
  constexpr int kWriters = 8;
  for (int writer = 0; writer < kWriters; ++writer) {
    if (fork() != 0) continue;
    try {
      for (int round = 0; round < 100; ++round) directory.write("file", std::string(2000, 'x'), 0600);
    } catch (const patchbay::Error&) {
      _exit(1);
    }
    _exit(0);
  }
  for (int writer = 0; writer < kWriters; ++writer) {
    int status = -1;
    REQUIRE(wait(&status) > 0);
    CHECK(status == 0);
  }
  CHECK(entries_in(scratch.path()) == 1);
  CHECK(directory.read("file") == std::string(2000, 'x'));
}
