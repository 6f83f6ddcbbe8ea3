// SPDX-License-Identifier: Apache-2.0
// The store file by file.
#include <filesystem>
#include <fstream>

#include "common/ipam/store.hpp"
#include "test/unit/ipam/support.hpp"

using namespace patchbay;
using namespace patchbay::test;
using ipam::LeaseFile;
using ipam::Store;

namespace {

void write(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
  std::ofstream{path} << text;
}

}  // namespace

TEST_CASE("every lease and every index entry is listed with what it says") {
  Machine machine;
  const Scratch scratch;
  {
    Store store = Store::open(scratch.path(), "net", Machine::environment());
    store.reserve(Machine::tenant("c1", 100, "eth0"), {{ip("10.0.0.2"), 0}});
  }
  write(scratch / "net/10.0.0.3", "c2\r\neth0");
  write(scratch / "net/10.0.0.4", "");
  write(scratch / "net/10.0.0.5", "not to be used");
  write(scratch / "net/10.0.0.6", "c3");
  const std::string torn_entry = Owner{"net", "torn", "eth0"}.file_name(),
                    later_entry = Owner{"net", "later", "eth0"}.file_name();
  write(scratch / (".patchbay/net/" + torn_entry), "network net\n");
  write(scratch / (".patchbay/net/" + later_entry), "of a later version\nend\n");
  write(scratch / ".patchbay/net/letter", "not ours\n");  // the index may be somebody else's directory, by a link

  CHECK(Store::networks(scratch.path()) == std::vector<std::string>{"net"});
  CHECK(Store::networks(scratch / "absent").empty());
  Store store = Store::open(scratch.path(), "net", Machine::environment());
  const auto leases = store.lease_files();
  REQUIRE(leases.size() == 5);
  using enum LeaseFile::Kind;
  const LeaseFile::Kind kinds[] = {named, named, torn, other, legacy};
  for (std::size_t i = 0; i < leases.size(); ++i) {
    CHECK(leases[i].file.kind == kinds[i]);
    CHECK(leases[i].ours == (i == 0));
  }

  const auto entries = store.entries();
  REQUIRE(entries.size() == 3);
  for (const auto& entry : entries) {
    CHECK(entry.torn == (entry.name == torn_entry));
    CHECK(entry.entry.has_value() == (entry.name != torn_entry && entry.name != later_entry));
    store.remove(entry);
  }
  CHECK(store.entries().empty());

  std::filesystem::remove(scratch / "net/10.0.0.3");
  write(scratch / "net/10.0.0.3", "c9\r\neth0");
  CHECK_FALSE(store.remove(leases[1]));  // somebody else's by now
  CHECK(store.remove(leases[0]));
  CHECK_FALSE(store.remove(leases[0]));
  CHECK(store.lease_files().size() == 4);
}
