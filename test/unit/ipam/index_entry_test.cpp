// SPDX-License-Identifier: Apache-2.0
#include "common/ipam/index_entry.hpp"

#include "test/unit/ipam/support.hpp"

using namespace patchbay;
using namespace patchbay::test;
using ipam::IndexEntry;

namespace {

IndexEntry example() {
  return {.owner = {"net", "c1", "eth0"},
          .boot = "2b1e",
          .pid_namespace = 4026531836,
          .netns_path = "/run/netns/a b",
          .netns = os::NetnsId{4, 18446744073709551615U},
          .addresses = {ip("10.0.0.2"), ip("fd00::2")}};
}

}  // namespace

TEST_CASE("an index entry is lines of text") {
  CHECK(example().print() ==
        "network net\ncontainer c1\nifname eth0\nboot 2b1e\npid-namespace 4026531836\nnetns /run/netns/a b\n"
        "netns-id 4:18446744073709551615\naddress 10.0.0.2\naddress fd00::2\nend\n");
}

TEST_CASE("an index entry that was not written to its end is torn") {
  const std::string whole = example().print();
  CHECK_FALSE(IndexEntry::is_torn(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK(IndexEntry::is_torn(whole.substr(0, size)));
  CHECK(IndexEntry::is_torn(std::string(whole.size(), '\0')));
}

TEST_CASE("an index entry survives the way to disk and back") {
  const auto same = [](const IndexEntry& entry) {
    const auto read = IndexEntry::parse(entry.print()).value();
    CHECK(read.print() == entry.print());
    return read;
  };
  CHECK(same(example()).owner == example().owner);
  IndexEntry unknown = example();
  unknown.netns.reset();
  CHECK_FALSE(same(unknown).netns);
  IndexEntry unspeakable = example();
  unspeakable.netns_path = "/run/a\naddress 10.0.0.9";
  const IndexEntry read = same(unspeakable);
  CHECK(read.addresses.size() == 2);
  CHECK_FALSE(read.netns);
}

TEST_CASE("what later versions add is passed over") { CHECK(IndexEntry::parse("colour blue\n" + example().print())); }

TEST_CASE("every truncation of an index entry is none") {
  const std::string whole = example().print();
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(IndexEntry::parse(whole.substr(0, size)));
}

TEST_CASE("hostile index entries are none") {
  for (const std::string& text :
       {std::string{"end\n"}, std::string(100, '\0'), std::string(65536, '\n'),
        std::string{"network net\ncontainer c1\nifname eth0\nboot b\nend\n"},
        "address 10.0.0.256\n" + example().print(), "netns-id 4\n" + example().print(),
        "netns-id 4:-1\n" + example().print(), "pid-namespace x\n" + example().print(), "word\n" + example().print()}) {
    CHECK_FALSE(IndexEntry::parse(text));
  }
}
