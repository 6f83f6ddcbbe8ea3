// SPDX-License-Identifier: Apache-2.0
// Leases that say nothing of use any more, and what the index can tell of them instead.
//
// A lease of ours is written whole, with whom it names in the index before it. So one that is torn, or
// that is ours by its mode and names nobody who claims it there, has been damaged since: by a power cut or a
// failing disk. Then it is of whoever does claim its address.
#include <sys/stat.h>

#include <algorithm>

#include "common/base/error.hpp"
#include "common/ipam/detail/lease_directory.hpp"
#include "common/ipam/store.hpp"

namespace patchbay::ipam {
namespace {

using net::Ip;

bool claims(const IndexEntry& entry, const Ip& ip) {
  return std::find(entry.addresses.begin(), entry.addresses.end(), ip) != entry.addresses.end();
}

}  // namespace

std::optional<unsigned> Store::mode_of(const Ip& ip) const {
  const auto status = detail::examine_lease(leases_, ip);
  return status && S_ISREG(status->st_mode) ? std::optional{status->st_mode & ALLPERMS} : std::nullopt;
}

bool Store::is_ours(const Ip& ip) const { return mode_of(ip) == kLeaseMode; }

std::vector<IndexEntry> Store::readable_entries() const {
  std::vector<IndexEntry> all;
  for (const std::string& name : detail::entry_names(index_)) {
    auto entry = find_entry(name);
    if (entry && entry->owner.file_name() == name) all.push_back(std::move(*entry));
  }
  return all;
}

bool Store::is_damaged(const Ip& ip, const std::string& network) const {
  const auto mode = mode_of(ip);
  if (!mode) return false;
  const LeaseFile lease = detail::read_whole_lease(leases_, ip);
  if (lease.kind == LeaseFile::Kind::torn) return true;
  if (mode != kLeaseMode) return false;  // the reference suite's, or set aside
  if (lease.kind != LeaseFile::Kind::named) return true;
  const auto entry = find_entry(Owner{network, lease.container, lease.ifname});
  return !entry || !claims(*entry, ip);
}

std::vector<Ip> Store::damaged(const IndexEntry& entry) const {
  std::vector<Ip> damaged;
  std::optional<std::vector<IndexEntry>> all;
  for (const Ip& ip : entry.addresses) {
    const LeaseFile lease = detail::read_lease(leases_, ip);
    if (lease.names(entry.owner.container, entry.owner.ifname) || !is_damaged(ip, entry.owner.network)) continue;
    if (!all) all = readable_entries();
    const bool of_another = std::any_of(all->begin(), all->end(), [&](const IndexEntry& other) {
      return other.owner != entry.owner && claims(other, ip);
    });
    if (!of_another) damaged.push_back(ip);
  }
  return damaged;
}

}  // namespace patchbay::ipam
