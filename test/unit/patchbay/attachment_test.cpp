// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/attachment.hpp"

#include <unistd.h>

#include <array>
#include <climits>

#include "common/base/error.hpp"
#include "test/support/catch.hpp"

using namespace patchbay;
using namespace patchbay::cli;

TEST_CASE("the container ID is cnitool's") {
  CHECK(container_id_for("/run/netns/red") == "cnitool-5a8afba643291be94fa1");  // as cnitool v1.3.0 has it
  CHECK(container_id_for("/var/run/netns/red") != container_id_for("/run/netns/red"));
}

TEST_CASE("paths become absolute as by Go's filepath.Abs") {
  const std::pair<const char*, const char*> table[] = {{"/run/netns/red", "/run/netns/red"},
                                                       {"/run//netns/red/", "/run/netns/red"},
                                                       {"/run/./netns/../netns/red", "/run/netns/red"},
                                                       {"/..", "/"},
                                                       {"/", "/"},
                                                       {"//x", "/x"},
                                                       {"/a/b/../../..", "/"},
                                                       {"/a/.../b", "/a/.../b"}};
  for (const auto& [given, expected] : table) CHECK(absolute_path(given) == expected);

  std::array<char, PATH_MAX> here{};
  REQUIRE(getcwd(here.data(), here.size()) != nullptr);
  const std::string directory{here.data()};
  CHECK(absolute_path("red") == directory + "/red");
  CHECK(absolute_path("./red/") == directory + "/red");
  CHECK(absolute_path("") == directory);
}

TEST_CASE("CNI_ARGS keep their order") {
  const Pairs pairs = parse_pairs("Z=1;IgnoreUnknown=true;A=b c");
  CHECK(pairs == Pairs{{"Z", "1"}, {"IgnoreUnknown", "true"}, {"A", "b c"}});
  CHECK(to_string(pairs) == "Z=1;IgnoreUnknown=true;A=b c");
  CHECK(parse_pairs("").empty());
  CHECK(to_string({}).empty());
}

TEST_CASE("CNI_ARGS that cnitool refuses are refused") {
  for (const char* text : {"A", "A=", "=b", "A=b=c", "A=b;", ";A=b", "A=b;;C=d", "="}) {
    INFO(text);
    CHECK_THROWS_AS(parse_pairs(text), Error);
  }
}
