// SPDX-License-Identifier: Apache-2.0
#include "common/contract/detail/build_id.hpp"

#include <fcntl.h>

#include "common/contract/delegate.hpp"
#include "test/unit/contract/support.hpp"

using namespace patchbay::contract;
using patchbay::os::UniqueFd;
using patchbay::test::Scratch;

namespace {

Executable executable(const std::string& path, int flags = O_RDONLY) {
  return {UniqueFd{open(path.c_str(), flags | O_CLOEXEC)}, path, (flags & O_PATH) == 0};
}

// The start of this test's own program, which was built together with us.
std::string own_image() {
  std::string image(8192, '\0');
  std::ifstream{"/proc/self/exe", std::ios::binary}.read(image.data(), static_cast<std::streamsize>(image.size()));
  return image;
}

// The bytes of the build ID, as they stand in the note.
std::string id_bytes() {
  const std::string hex = detail::build_id();
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

}  // namespace

TEST_CASE("The build ID is a SHA-256") {
  CHECK(detail::build_id().size() == 64);
  CHECK(detail::build_id().find_first_not_of("0123456789abcdef") == std::string::npos);
}

TEST_CASE("A program of our build is recognised") {
  CHECK(is_our_build(executable("/proc/self/exe")));
  CHECK(is_our_build(executable("/proc/self/exe", O_PATH)));
}

TEST_CASE("Any other file is not of our build") {
  const Scratch scratch;
  for (const std::string& path : {std::string{"/bin/sh"}, std::string{"/dev/null"}, std::string{"/"},
                                  scratch.file("empty", ""), scratch.file("script", "#!/bin/sh\n# patchbay\n"),
                                  scratch.file("magic",
                                               "\x7f"
                                               "ELF"),
                                  scratch.file("zeros", std::string(10000, '\0')),
                                  scratch.file("ones",
                                               "\x7f"
                                               "ELF" +
                                                   std::string(10000, '\xff'))}) {
    CAPTURE(path);
    CHECK_FALSE(is_our_build(executable(path)));
    CHECK_FALSE(is_our_build(executable(path, O_PATH)));
  }
  CHECK_FALSE(is_our_build({UniqueFd{}, "closed"}));
}

TEST_CASE("A program built from other sources is not of our build") {
  const Scratch scratch;
  std::string image = own_image();
  const std::size_t at = image.find(id_bytes());
  REQUIRE(at < 4096);  // within the first page, so that one read finds it
  image[at + 31] = static_cast<char>(image[at + 31] ^ 1);
  CHECK_FALSE(is_our_build(executable(scratch.file("other", image))));
}

TEST_CASE("A damaged program is not of our build, wherever it is cut or damaged") {
  const Scratch scratch;
  const std::string image = own_image();
  CHECK(is_our_build(executable(scratch.file("start", image))));
  const std::size_t end = image.find(id_bytes()) + 32;
  for (std::size_t size = 0; size < end; size += 13) {
    CHECK_FALSE(is_our_build(executable(scratch.file("cut", image.substr(0, size)))));
  }
  for (const std::size_t at : {4U, 5U, 32U, 39U, 54U}) {  // class, byte order, header offset, header size
    std::string damaged = image;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x7F);
    CHECK_FALSE(is_our_build(executable(scratch.file("damaged", damaged))));
  }
}
