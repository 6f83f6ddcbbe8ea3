// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>

#include "common/os/file.hpp"
#include "test/unit/os/scratch.hpp"

using namespace std::string_literals;
using patchbay::Code;
using patchbay::os::Directory;
using patchbay::test::contains;
using patchbay::test::entries_in;
using patchbay::test::error_of;
using patchbay::test::Scratch;

namespace {

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

// Files cannot grow beyond `bytes` while this lives: a full disk for whoever has none at hand.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

}  // namespace

TEST_CASE("ensure makes the directory with its parents, and takes what is there") {
  const Scratch scratch;
  const mode_t mask = umask(0022);
  const auto made = Directory::ensure(scratch / "a/b/c", 0700);
  umask(mask);
  CHECK(made.path() == scratch / "a/b/c");
  CHECK(mode_of(scratch / "a") == 0755);
  CHECK(mode_of(scratch / "a/b") == 0755);
  CHECK(mode_of(scratch / "a/b/c") == 0700);
  CHECK(Directory::ensure(scratch / "a/b/c///", 0755).path() == scratch / "a/b/c");
  CHECK(mode_of(scratch / "a/b/c") == 0700);
  CHECK((fcntl(made.fd(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a directory that is absent, a file or a link") {
  const Scratch scratch;
  CHECK_FALSE(Directory::find(scratch / "none"));
  CHECK_FALSE(Directory::find(scratch / "none/below"));
  scratch.file("file", "x");
  CHECK_FALSE(Directory::find(scratch / "file"));  // and so nothing in it
  CHECK_FALSE(Directory::find(scratch / "file/below"));
  CHECK(error_of([&] { Directory::ensure(scratch / "file", 0755); }).code() == Code::io_failure);
  CHECK(error_of([&] { Directory::ensure(scratch / "file/below", 0755); }).code() == Code::io_failure);
  std::filesystem::create_directory(scratch / "real");
  std::filesystem::create_directory_symlink("real", scratch / "link");
  for (const std::string& path : {scratch / "link", scratch / "link/"}) {
    CHECK(error_of([&] { Directory::find(path); }).code() == Code::io_failure);
    CHECK(error_of([&] { Directory::ensure(path, 0755); }).code() == Code::io_failure);
  }
  // Links in parents are the administrator's business: /var/run -> /run.
  CHECK(Directory::ensure(scratch / "link/below", 0755).path() == scratch / "link/below");
  CHECK(Directory::find(scratch / "real/below"));
}

TEST_CASE("create writes once, write replaces, remove tells") {
  const Scratch scratch;
  const auto directory = Directory::ensure(scratch.path(), 0755);
  CHECK_FALSE(directory.read("10.0.0.1"));
  CHECK(directory.create("10.0.0.1", "c1\r\neth0", 0600));
  CHECK(mode_of(scratch / "10.0.0.1") == 0600);
  CHECK_FALSE(directory.create("10.0.0.1", "c2\r\neth0", 0600));
  CHECK(directory.read("10.0.0.1") == "c1\r\neth0");
  directory.write("10.0.0.1", "c3", 0640);
  CHECK(directory.read("10.0.0.1") == "c3");
  CHECK(mode_of(scratch / "10.0.0.1") == 0640);
  directory.write("new", "", 0600);
  CHECK(directory.read("new") == "");
  CHECK(entries_in(scratch.path()) == 2);
  CHECK(directory.remove("10.0.0.1"));
  CHECK_FALSE(directory.remove("10.0.0.1"));
  CHECK_FALSE(directory.read("10.0.0.1"));
}

TEST_CASE("a directory by its path is made by its first file, and by nothing else") {
  const Scratch scratch;
  const auto directory = Directory::at(scratch / "a/b/", 0700);
  CHECK(directory.path() == scratch / "a/b");
  CHECK_FALSE(directory.read("x"));
  CHECK_FALSE(directory.remove("x"));
  CHECK(directory.list().empty());
  CHECK_NOTHROW(directory.remove_stale());
  CHECK_FALSE(std::filesystem::exists(scratch / "a"));
  SECTION("created") { CHECK(directory.create("x", "content", 0600)); }
  SECTION("created in place") { CHECK(directory.create_in_place("x", "content", 0600)); }
  SECTION("written") { directory.write("x", "content", 0600); }
  SECTION("before") {
    directory.make();
    directory.make();
    directory.write("x", "content", 0600);
  }
  CHECK(mode_of(scratch / "a") == 0700);
  CHECK(mode_of(scratch / "a/b") == 0700);
  CHECK(mode_of(scratch / "a/b/x") == 0600);
  CHECK(directory.read("x") == "content");
  CHECK(directory.list() == std::vector{"x"s});
  CHECK_FALSE(directory.create("x", "other", 0600));
  CHECK_FALSE(directory.create_in_place("x", "other", 0600));
  directory.write("x", "other", 0600);
  CHECK(Directory::find(scratch / "a/b")->read("x") == "other");
  CHECK(entries_in(scratch / "a/b") == 1);
  CHECK(error_of([&] { static_cast<void>(directory.read("../x")); }).code() == Code::internal);
  CHECK(directory.remove("x"));
  CHECK(entries_in(scratch / "a/b") == 0);
}

TEST_CASE("a directory by its path that is none has no files, and takes none") {
  const Scratch scratch;
  scratch.file("file", "x");
  const auto directory = Directory::at(scratch / "file", 0700);
  CHECK_FALSE(directory.read("a"));
  CHECK(directory.list().empty());
  CHECK_FALSE(directory.remove("a"));
  CHECK(error_of([&] { directory.write("a", "x", 0600); }).code() == Code::io_failure);
}

TEST_CASE("contents of every size about a page are read whole") {
  const Scratch scratch;
  const auto directory = Directory::ensure(scratch.path(), 0755);
  for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 8192U}) {
    CAPTURE(size);
    const std::string content(size, 'x');
    directory.write("file", content, 0600);
    CHECK(directory.read("file") == content);
    CHECK(directory.read("file", size) == content);
    if (size > 0) CHECK_THROWS_AS(directory.read("file", size - 1), patchbay::Error);
  }
}

TEST_CASE("contents keep every byte up to the limit, and not one more is read") {
  const Scratch scratch;
  const auto directory = Directory::ensure(scratch.path(), 0755);
  std::string content;
  for (int i = 0; i < 300000; ++i) content += static_cast<char>(i);
  CHECK(directory.create("big", content, 0600));
  CHECK(directory.read("big", content.size()) == content);
  const auto error = error_of([&] { static_cast<void>(directory.read("big", content.size() - 1)); });
  CHECK(error.code() == Code::io_failure);
  CHECK(contains(error.summary(), scratch / "big"));
  CHECK(contains(error.summary(), "299999 bytes"));
  CHECK(directory.create("empty", "", 0600));
  CHECK(directory.read("empty", 0) == "");
  CHECK(directory.create("one", "1", 0600));
  CHECK_THROWS_AS(directory.read("one", 0), patchbay::Error);
}

TEST_CASE("neither links, FIFOs nor directories are read, and a FIFO does not block") {
  const Scratch scratch;
  const auto directory = Directory::ensure(scratch.path(), 0755);
  scratch.file("secret", "secret");
  std::filesystem::create_symlink("secret", scratch / "link");
  std::filesystem::create_symlink("nowhere", scratch / "dangling");
  REQUIRE(mkfifo((scratch / "fifo").c_str(), 0600) == 0);
  std::filesystem::create_directory(scratch / "directory");
  for (const std::string name : {"link", "dangling", "fifo", "directory"}) {
    CAPTURE(name);
    CHECK(error_of([&] { static_cast<void>(directory.read(name)); }).code() == Code::io_failure);
    CHECK_FALSE(directory.create(name, "mine", 0600));
    CHECK_FALSE(directory.create_in_place(name, "mine", 0600));
  }
  CHECK(directory.read("secret") == "secret");
  directory.write("link", "mine", 0600);  // replaces the link, not what it points to
  CHECK(directory.read("secret") == "secret");
  CHECK(directory.read("link") == "mine");
  CHECK_FALSE(std::filesystem::exists(scratch / "nowhere"));
}

TEST_CASE("a name is one component") {
  const Scratch scratch;
  const auto directory = Directory::ensure(scratch / "inner", 0755);
  scratch.file("outer", "x");
  for (const std::string& name : {""s, "."s, ".."s, "../outer"s, "/etc/hostname"s, "a/b"s, "a\0b"s}) {
    CAPTURE(name);
    CHECK(error_of([&] { static_cast<void>(directory.read(name)); }).code() == Code::internal);
    CHECK(error_of([&] { static_cast<void>(directory.create(name, "", 0600)); }).code() == Code::internal);
    CHECK(error_of([&] { directory.write(name, "", 0600); }).code() == Code::internal);
    CHECK(error_of([&] { directory.remove(name); }).code() == Code::internal);
  }
  CHECK(entries_in(scratch / "inner") == 0);
}

TEST_CASE("a directory that was removed meanwhile is an error, not a surprise") {
  const Scratch scratch;
  const auto directory = Directory::ensure(scratch / "gone", 0755);
  std::filesystem::remove(scratch / "gone");
  CHECK(error_of([&] { static_cast<void>(directory.create("a", "x", 0600)); }).code() == Code::io_failure);
  CHECK(error_of([&] { directory.write("a", "x", 0600); }).code() == Code::io_failure);
  CHECK_FALSE(directory.read("a"));
  CHECK_FALSE(directory.remove("a"));
  CHECK(directory.list().empty());
}

TEST_CASE("a full disk leaves nothing behind and harms nothing") {
  const Scratch scratch;
  const auto directory = Directory::ensure(scratch.path(), 0755);
  directory.write("kept", "old", 0600);
  const std::string large(100000, 'x');
  {
    const FullDisk full{4096};
    CHECK(error_of([&] { static_cast<void>(directory.create("a", large, 0600)); }).error_number() == EFBIG);
    CHECK(error_of([&] { static_cast<void>(directory.create_in_place("b", large, 0600)); }).error_number() == EFBIG);
    CHECK(error_of([&] { directory.write("kept", large, 0600); }).code() == Code::io_failure);
  }
  CHECK(directory.read("kept") == "old");
  CHECK(entries_in(scratch.path()) == 1);
}

TEST_CASE("a directory is not removed as a file, and below a file there is none") {
  const Scratch scratch;
  const auto directory = Directory::ensure(scratch.path(), 0755);
  std::filesystem::create_directory(scratch / "x");
  CHECK_FALSE(directory.remove("x"));
  CHECK(std::filesystem::exists(scratch / "x"));
  const auto below = Directory::at(scratch.file("file", "precious") + "/below", 0700);
  CHECK_FALSE(below.remove("x"));
  CHECK_FALSE(below.read("x"));
  CHECK(below.list().empty());
}

TEST_CASE("what may not be read or written says so") {
  if (geteuid() == 0) PATCHBAY_SKIP("root may read and write everything");
  const Scratch scratch;
  const auto directory = Directory::ensure(scratch.path(), 0755);
  CHECK(directory.create("mine", "x", 0));
  CHECK(error_of([&] { static_cast<void>(directory.read("mine")); }).error_number() == EACCES);
  chmod(scratch.path().c_str(), 0500);
  CHECK(error_of([&] { static_cast<void>(directory.create("a", "x", 0600)); }).error_number() == EACCES);
  CHECK(error_of([&] { directory.remove("mine"); }).error_number() == EACCES);
  chmod(scratch.path().c_str(), 0700);
}
