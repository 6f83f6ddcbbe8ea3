// SPDX-License-Identifier: Apache-2.0
// Records are written, found and removed.
#include "common/attach/record.hpp"

#include <sys/stat.h>

#include "test/unit/attach/record_support.hpp"
#include "test/unit/ipam/interrupted.hpp"

using namespace patchbay;
using namespace patchbay::test;
using attach::Record;
using attach::Records;

TEST_CASE("whether some attachment is recorded is asked until there is one") {
  const Scratch scratch;
  const Records records{"firewall", scratch / "patchbay"};
  const auto is = [](const char* container) {
    return [=](const Record& record) { return record.owner.container == container; };
  };
  CHECK_FALSE(records.any("net", is("c1")));
  records.write(example_record());
  records.write(record_of("other", "c2", "eth0"));
  CHECK(records.any("net", is("c1")));
  CHECK(records.any("net", is("c2")));
  CHECK_FALSE(records.any("net", is("c3")));
}

TEST_CASE("records are files of their owners") {
  const Scratch scratch;
  const Records records{"bridge", scratch / "patchbay"};
  const Record record = example_record();
  CHECK_FALSE(records.find(record.owner));
  CHECK(records.list("net").empty());
  CHECK_NOTHROW(records.remove(record.owner));
  CHECK_FALSE(std::filesystem::exists(scratch / "patchbay"));

  records.write(record);
  const std::string file = scratch / ("patchbay/bridge/net/" + record.owner.file_name());
  struct ::stat status {};
  REQUIRE(stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & ALLPERMS) == 0600);
  for (const char* directory : {"patchbay", "patchbay/bridge", "patchbay/bridge/net"}) {
    REQUIRE(stat((scratch / directory).c_str(), &status) == 0);
    CHECK((status.st_mode & ALLPERMS) == 0700);
  }
  CHECK(records.find(record.owner)->host_ifname == "veth0123");
  CHECK_FALSE(records.find({"net", "c1", "eth1"}));
  CHECK_FALSE(Records("veth", scratch / "patchbay").find(record.owner));

  Record changed = record;
  changed.host_ifname = "veth4567";
  records.write(changed);
  CHECK(records.find(record.owner)->host_ifname == "veth4567");
  CHECK(records.list("net").size() == 1);

  changed.host_ifname = "veth89ab";
  records.replace(changed);
  CHECK(records.find(record.owner)->host_ifname == "veth89ab");
  CHECK(records.list("net").size() == 1);

  records.remove(record.owner);
  CHECK_FALSE(records.find(record.owner));
}

TEST_CASE("wherever the writing of a record is killed, it is the one before or the new, and can be written again") {
  if (!ptrace_works()) PATCHBAY_SKIP("ptrace(2) is not permitted here");
  const Scratch scratch;
  const Records records{"bridge", scratch / "patchbay"};
  bool first = true;
  SECTION("the first: none before") {}
  SECTION("a later one") { first = false; }
  Record before = example_record();
  before.host_ifname = "veth4567";
  const unsigned points = at_every_point(
      [&] {
        std::filesystem::remove_all(scratch / "patchbay");
        if (!first) records.write(before);
      },
      [&] { records.write(example_record()); },
      [&](unsigned point) {
        CAPTURE(point);
        const auto found = records.find(example_record().owner);
        CHECK(found.has_value() >= !first);
        if (found && found->host_ifname != "veth0123") CHECK((!first && found->host_ifname == "veth4567"));
        records.write(example_record());
        CHECK(records.find(example_record().owner)->host_ifname == "veth0123");
        records.remove(example_record().owner);
        CHECK_FALSE(records.find(example_record().owner));
        CHECK(records.list("net").empty());
      });
  CHECK(points > 8);
}

TEST_CASE("records are found by tag") {
  const Scratch scratch;
  const Records records{"bridge", scratch.path()};
  const std::string long_id(200, 'a');
  for (const Record& record : {record_of("red", "c1", "eth0"), record_of("red", "c1", "eth1"),
                               record_of("blue", "c1", "eth0"), record_of("blue", long_id, "eth0")}) {
    records.write(record);
  }
  const auto found = [&](const Owner& owner) {
    const auto record = records.find_by_tag(owner.tag());
    return record ? record->owner : Owner{};
  };
  CHECK(found({"red", "c1", "eth1"}) == Owner{"red", "c1", "eth1"});
  CHECK(found({"blue", "c1", "*"}) == Owner{"blue", "c1", "eth0"});
  CHECK(found({"blue", long_id, "eth0"}) == Owner{"blue", long_id, "eth0"});
  CHECK(found({"blue", long_id, "*"}) == Owner{"blue", long_id, "eth0"});
  CHECK(found({"blue", "c1", "eth1"}) == Owner{});
  CHECK(found({"green", "c1", "eth0"}) == Owner{});
  CHECK_FALSE(records.find_by_tag(""));
  CHECK_FALSE(records.find_by_tag("../../etc"));

  Record dead = record_of("red", "c1", "eth0");
  dead.boot = "another";
  records.write(dead);
  CHECK(found({"red", "c1", "*"}) == Owner{"red", "c1", "eth1"});  // the one that lives
}
