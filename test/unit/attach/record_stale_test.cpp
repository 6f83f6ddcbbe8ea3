// SPDX-License-Identifier: Apache-2.0
// What there is besides records that live: damaged ones, those of the dead, what kills have left.
#include <fcntl.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "common/attach/record.hpp"
#include "common/attach/record_format.hpp"
#include "test/unit/attach/record_support.hpp"

using namespace patchbay;
using namespace patchbay::test;
using attach::Record;
using attach::Records;

TEST_CASE("every file among the records is listed, readable as one or not") {
  const Scratch scratch;
  const Records records{"bridge", scratch / "patchbay"};
  CHECK(records.files().empty());
  records.write(example_record());
  records.write(record_of("other", "c2", "eth0"));
  std::ofstream{scratch / "patchbay/bridge/net/feed"} << "{";
  const auto files = records.files();
  REQUIRE(files.size() == 3);
  for (const auto& file : files) {
    CHECK(file.record.has_value() == (file.name != "feed"));
    CHECK(file.written.has_value());
    if (file.record) CHECK(file.network == file.record->owner.network);
    records.remove(file);
  }
  CHECK(records.files().empty());
}

TEST_CASE("torn, strange and misplaced records are passed over") {
  const Scratch scratch;
  const Records records{"bridge", scratch.path()};
  records.write(record_of("net", "c1", "eth0"));
  records.write(record_of("net", "c2", "eth0"));
  const std::string directory = "bridge/net/";
  scratch.file(directory + record_of("net", "c2", "eth0").owner.file_name(), "{\"network\":");
  scratch.file(directory + std::string(40, '0'), attach::print_record(example_record()));
  std::filesystem::create_symlink("/etc/passwd",
                                  scratch / (directory + record_of("net", "c3", "eth0").owner.file_name()));
  CHECK_FALSE(records.find({"net", "c2", "eth0"}));
  CHECK_FALSE(records.find({"net", "c3", "eth0"}));
  CHECK(records.list("net").size() == 1);
}

TEST_CASE("GC removes the records of those who are not valid, cut off at whatever length") {
  const Scratch scratch;
  const Records records{"bridge", scratch.path()};
  const std::string directory = scratch / "bridge/net";
  const std::string whole = attach::print_record(example_record());
  const Owner other{"net", "c2", "eth0"};
  for (std::size_t size = 0; size <= whole.size(); size += size < 4 ? 1 : whole.size() / 9) {
    records.write(example_record());
    records.write(record_of("net", "c2", "eth0"));
    scratch.file("bridge/net/" + example_record().owner.file_name(), whole.substr(0, size));
    scratch.file("bridge/net/" + other.file_name(), "torn as well");
    const auto stale = records.stale("net", {other});
    CHECK(stale.records.size() + stale.unreadable.size() == 1);
    records.remove("net", stale);
    CHECK(os::Directory::find(directory)->list() == std::vector{other.file_name()});
    const auto all = records.stale("net", {});
    CHECK(all.unreadable == std::vector{other.file_name()});
    records.remove("net", all);
    CHECK(os::Directory::find(directory)->list().empty());
  }
}

TEST_CASE("what kills left is told apart from records, and cleared unless its owner is valid") {
  const Scratch scratch;
  const Records records{"bridge", scratch.path()};
  const Record live = record_of("net", "live", "eth0");
  records.write(live);
  const Owner torn{"net", "torn", "eth0"}, starting{"net", "starting", "eth0"};
  const os::Directory directory = os::Directory::ensure(scratch / "bridge/net", 0700);
  for (const std::string& name : {torn.file_name(), starting.file_name(), os::Directory::temporary_of(torn.file_name()),
                                  os::Directory::temporary_of(live.owner.file_name())}) {
    CHECK(directory.create(name, "", 0600));
  }
  const auto stale = records.stale("net", {live.owner, starting});
  CHECK(stale.records.empty());
  CHECK(stale.unreadable.size() == 2);
  records.remove("net", stale);
  std::vector<std::string> kept{live.owner.file_name(), starting.file_name(),
                                os::Directory::temporary_of(live.owner.file_name())};
  std::sort(kept.begin(), kept.end());
  CHECK(directory.list_all() == kept);
  CHECK(records.find(live.owner).has_value());
}

TEST_CASE("a record that cannot be read for the moment is neither there nor gone") {
  const Scratch scratch;
  const Records records{"firewall", scratch.path()};
  records.write(record_of("net", "c1", "eth0"));
  const auto anybody = [](const Record& /*record*/) { return true; };
  CHECK(records.any("net", anybody));

  // Who opens a file of which somebody has a lease waits, or is told EAGAIN.
  const std::string file = scratch / ("firewall/net/" + record_of("net", "c1", "eth0").owner.file_name());
  os::UniqueFd leased{open(file.c_str(), O_RDWR | O_CLOEXEC)};
  if (fcntl(leased.get(), F_SETLEASE, F_WRLCK) != 0) PATCHBAY_SKIP("this file system has no leases");
  const auto ignored = std::signal(SIGIO, SIG_IGN);
  const Error found = error_of([&] { std::ignore = records.find({"net", "c1", "eth0"}); });
  const Error any = error_of([&] { std::ignore = records.any("net", anybody); });
  const auto stale = records.stale("net", {});
  leased.reset();
  std::signal(SIGIO, ignored);

  CHECK(found.error_number() == EAGAIN);
  CHECK(any.error_number() == EAGAIN);
  CHECK(stale.records.empty());
  CHECK(stale.unreadable.empty());
  CHECK(error_of([&] { records.remove("net", stale); }).error_number() == EAGAIN);
  CHECK(records.find({"net", "c1", "eth0"}));
}
