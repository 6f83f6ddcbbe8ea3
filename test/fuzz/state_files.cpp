// SPDX-License-Identifier: Apache-2.0
// Lease files, index entries and attachment records, as a power cut or anybody else may leave them.
#include "common/attach/record_format.hpp"
#include "common/ipam/index_entry.hpp"
#include "common/ipam/lease_file.hpp"
#include "test/fuzz/fuzz.hpp"

using namespace patchbay;
using namespace patchbay::fuzz;

namespace {

void as_lease(std::string_view text) {
  using ipam::LeaseFile;
  const LeaseFile lease = LeaseFile::parse(text);
  if (lease.kind == LeaseFile::Kind::legacy || lease.kind == LeaseFile::Kind::named) {
    require(!lease.container.empty() && lease.container.find('/') == std::string::npos, "a lease names a container");
  }
  if (lease.kind != LeaseFile::Kind::named) return;
  const LeaseFile again = LeaseFile::parse(LeaseFile::print(lease.container, lease.ifname));
  require(again.names(lease.container, lease.ifname), "a lease that was written names whom it was written for");
}

void as_index_entry(std::string_view text) {
  const auto entry = ipam::IndexEntry::parse(text);
  if (!entry) return;
  require(!entry->addresses.empty() && !entry->boot.empty(), "an entry is complete");
  const std::string printed = entry->print();
  const auto again = ipam::IndexEntry::parse(printed);
  require(again && again->print() == printed, "an entry that was written reads as what it says");
  require(again->owner == entry->owner && again->addresses == entry->addresses && again->netns == entry->netns,
          "an entry keeps its owner, addresses and namespace");
  require(ipam::IndexEntry::is_torn(printed.substr(0, printed.size() - 1)), "a cut one is torn");
  require(!ipam::IndexEntry::parse(printed.substr(0, printed.size() - 1)), "a torn one is none");
}

void as_record(std::string_view text) {
  const auto record = attach::parse_record(text);
  if (!record) return;
  const std::string printed = attach::print_record(*record);
  const auto again = attach::parse_record(printed);
  require(again && attach::print_record(*again) == printed, "a record that was written reads as what it says");
  require(!attach::parse_record(std::string_view{printed}.substr(0, printed.size() - 1)), "a torn one is none");
  require(!record->owner.file_name().empty() && record->owner.tag().size() <= Owner::kTagLength,
          "an owner has a file name and a tag");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of({data, size});
  as_lease(text);
  as_index_entry(text);
  as_record(text);
  if (const auto id = ipam::parse_netns_id(text)) {
    require(ipam::parse_netns_id(ipam::to_string(*id)) == id, "an identity that was written reads as itself");
  }
  return 0;
}
