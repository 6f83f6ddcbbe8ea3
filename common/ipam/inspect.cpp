// SPDX-License-Identifier: Apache-2.0
// The store file by file, for audits.
#include <algorithm>

#include "common/base/error.hpp"
#include "common/ipam/detail/lease_directory.hpp"
#include "common/ipam/store.hpp"

namespace patchbay::ipam {

std::vector<std::string> Store::networks(const std::string& data_dir) {
  const auto directory = os::Directory::find(data_dir);
  auto names = directory ? directory->directories() : std::vector<std::string>{};
  std::erase_if(names, [](const std::string& name) { return name.starts_with('.'); });
  return names;
}

std::vector<Store::LeaseState> Store::lease_files() const {
  std::vector<LeaseState> files;
  for (const net::Ip& ip : taken()) files.push_back({ip, detail::read_lease(leases_, ip), is_ours(ip)});
  return files;
}

bool Store::remove(const LeaseState& lease) {
  const LeaseFile now = detail::read_lease(leases_, lease.ip);
  const LeaseFile& then = lease.file;
  const bool is_same = now.kind == then.kind && now.container == then.container && now.ifname == then.ifname;
  return is_same && leases_.remove(lease.ip.to_string());
}

std::vector<Store::EntryState> Store::entries() const {
  std::vector<EntryState> states;
  for (const std::string& name : detail::entry_names(index_)) {
    try {
      const auto text = index_.read(name);
      if (!text) continue;
      auto entry = IndexEntry::parse(*text);
      if (entry && entry->owner.file_name() != name) entry.reset();
      states.push_back({name, std::move(entry), IndexEntry::is_torn(*text)});
    } catch (const Error&) {
      states.push_back({.name = name});  // it cannot be read, so nothing is known of it
    }
  }
  return states;
}

void Store::remove(const EntryState& entry) { index_.remove(entry.name); }

}  // namespace patchbay::ipam
