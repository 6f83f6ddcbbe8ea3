// SPDX-License-Identifier: Apache-2.0
#include "common/ipam/lease_file.hpp"

#include "test/support/catch.hpp"

using patchbay::ipam::LeaseFile;
using Kind = LeaseFile::Kind;

TEST_CASE("a lease file has the reference's bytes") {
  CHECK(LeaseFile::print("c1", "eth0") == "c1\r\neth0");
  const LeaseFile read = LeaseFile::parse("c1\r\neth0");
  CHECK(read.names("c1", "eth0"));
  CHECK_FALSE(read.names("c1", "eth1"));
  CHECK_FALSE(read.names("c", "eth0"));
}

TEST_CASE("lease files of every kind are told apart") {
  struct Row {
    std::string content;
    Kind kind;
    std::string container, ifname;
  };
  const std::vector<Row> rows{
      {"c1\r\neth0\n", Kind::named, "c1", "eth0"},
      {"  c1\r\neth0 \t\r\n", Kind::named, "c1", "eth0"},
      {"c1", Kind::legacy, "c1", ""},
      {"c1\n", Kind::legacy, "c1", ""},
      {"c1\r\n", Kind::legacy, "c1", ""},
      {"4f2a_b.c-d", Kind::legacy, "4f2a_b.c-d", ""},
      {"", Kind::torn, "", ""},
      {" \r\n", Kind::torn, "", ""},
      {std::string(12, '\0'), Kind::torn, "", ""},
      {"c1\neth0", Kind::other, "", ""},
      {"set aside for the printer", Kind::other, "", ""},
      {"# printer", Kind::other, "", ""},
      {"-c\r\neth0", Kind::other, "", ""},
      {std::string("c\0d", 3), Kind::other, "", ""},
      {std::string(4000, '\xff'), Kind::other, "", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.content);
    const LeaseFile file = LeaseFile::parse(row.content);
    CHECK(file.kind == row.kind);
    CHECK(file.container == row.container);
    CHECK(file.ifname == row.ifname);
  }
}
