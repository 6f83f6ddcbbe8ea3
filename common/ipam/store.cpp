// SPDX-License-Identifier: Apache-2.0
#include "common/ipam/store.hpp"

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/error_list.hpp"
#include "common/base/rollback.hpp"
#include "common/ipam/detail/lease_directory.hpp"
#include "common/ipam/lease_file.hpp"

namespace patchbay::ipam {
namespace {

using net::Ip;

constexpr unsigned kLockMode = 0750, kLeasesMode = 0755, kIndexMode = 0700, kFileMode = 0600;

std::string leases_path(const std::string& data_dir, const std::string& network) { return data_dir + "/" + network; }

os::Directory index_at(const std::string& data_dir, const std::string& network) {
  return os::Directory::at(data_dir + "/.patchbay/" + network, kIndexMode);
}

os::FileLock take_lock(const os::Directory& leases) {
  return os::FileLock::acquire(leases, "lock", kLockMode, os::kLockPatience);
}

// Leases of `owner` as the reference finds them: those that name it or, without any, those that
// name only its container. Unlike there, a container that has named leases keeps its nameless one:
// it may well be another interface's.
std::vector<Ip> scan_for(const std::vector<Store::Lease>& leases, const Owner& owner) {
  std::vector<Ip> named, legacy;
  bool elsewhere = false;
  for (const Store::Lease& lease : leases) {
    if (lease.container != owner.container) continue;
    if (lease.ifname.empty()) {
      legacy.push_back(lease.ip);
    } else if (lease.ifname == owner.ifname) {
      named.push_back(lease.ip);
    } else {
      elsewhere = true;
    }
  }
  return named.empty() && !elsewhere ? legacy : named;
}

void append(std::vector<Ip>& addresses, const std::vector<Ip>& more) {
  addresses.insert(addresses.end(), more.begin(), more.end());
}

}  // namespace

Store::Store(os::Directory leases, os::Directory index, os::FileLock lock, const Environment& environment)
    : leases_(std::move(leases)), index_(std::move(index)), lock_(std::move(lock)), environment_(environment) {}

Store Store::open(const std::string& data_dir, const std::string& network, const Environment& environment) {
  os::Directory leases = os::Directory::ensure(leases_path(data_dir, network), kLeasesMode);
  os::FileLock lock = take_lock(leases);
  return {std::move(leases), index_at(data_dir, network), std::move(lock), environment};
}

std::optional<Store> Store::find(const std::string& data_dir, const std::string& network,
                                 const Environment& environment) {
  auto leases = os::Directory::find(leases_path(data_dir, network));
  if (!leases) return std::nullopt;
  os::FileLock lock = take_lock(*leases);
  return Store{std::move(*leases), index_at(data_dir, network), std::move(lock), environment};
}

bool Store::is_free(const Ip& ip) const {
  const auto status = detail::examine_lease(leases_, ip);
  if (!status) return true;
  if (!detail::is_empty(*status)) return false;
  const auto claimed = judge().claimed;
  return !std::binary_search(claimed.begin(), claimed.end(), ip);
}

std::optional<Store::Lease> Store::lease(const Ip& ip) const {
  const LeaseFile file = detail::read_lease(leases_, ip);
  if (file.kind != LeaseFile::Kind::named && file.kind != LeaseFile::Kind::legacy) return std::nullopt;
  if (file.kind == LeaseFile::Kind::legacy && is_ours(ip)) return std::nullopt;  // one of ours, cut short
  return Lease{ip, file.container, file.ifname};
}

detail::LastAddress& Store::last_address(std::size_t set_index) {
  const auto known = last_.find(set_index);
  return known != last_.end() ? known->second
                              : last_.emplace(set_index, detail::LastAddress{leases_, set_index}).first->second;
}

std::optional<Ip> Store::last_reserved(std::size_t set_index) { return last_address(set_index).ip(); }

std::vector<Ip> Store::confirmed(const IndexEntry& entry) const {
  std::vector<Ip> held;
  for (const Ip& ip : entry.addresses) {
    if (detail::read_lease(leases_, ip).names(entry.owner.container, entry.owner.ifname)) held.push_back(ip);
  }
  return held;
}

std::optional<IndexEntry> Store::find_entry(const Owner& owner) const {
  auto entry = find_entry(owner.file_name());
  return entry && entry->owner == owner ? entry : std::nullopt;
}

std::optional<IndexEntry> Store::find_entry(const std::string& name) const {
  try {
    const auto text = index_.read(name);
    return text ? IndexEntry::parse(*text) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;  // a hint that cannot be read is none
  }
}

// The order makes a kill harmless at every point: the intent stands in the index before the lease
// exists, so whoever finds the lease finds its owner and what proves it dead. The lease comes last:
// where it is missing, a DEL knows that it has to look for more (and for temporary files). The first
// entry of an owner is written in place: torn it reads as none, and is the only trace there is.
void Store::reserve(const Tenant& tenant, const std::vector<Claim>& claims, const std::optional<IndexEntry>& previous) {
  const std::string name = tenant.owner.file_name();
  IndexEntry entry{.owner = tenant.owner,
                   .boot = environment_.boot_id(),
                   .pid_namespace = environment_.pid_namespace(),
                   .netns_path = tenant.netns_path,
                   .netns = tenant.netns,
                   .addresses = {}};
  if (previous) {
    entry.addresses = confirmed(*previous);
    // What is damaged has no other trace than this.
    if (entry.addresses.size() != previous->addresses.size()) append(entry.addresses, damaged(*previous));
  }
  for (const Claim& claim : claims) entry.addresses.push_back(claim.ip);

  std::vector<Ip> created;
  created.reserve(claims.size());
  Rollback undo;  // reads all of the above
  undo.add("forget the leases of " + tenant.owner.tag(), [&] {
    if (previous) return index_.write(name, previous->print(), kFileMode);
    index_.remove(name);
  });
  undo.add("release the leases of " + tenant.owner.tag(), [&] {
    for (const Ip& ip : created) leases_.remove(ip.to_string());
  });
  if (previous) {
    index_.write(name, entry.print(), kFileMode);
  } else if (!index_.create_in_place(name, entry.print(), kFileMode)) {
    // One that cannot be read is in the way: what it spoke of is looked for, so that DEL finds it.
    append(entry.addresses, scan_for(leases(), tenant.owner));
    index_.write(name, entry.print(), kFileMode);
  }
  for (const Claim& claim : claims) {
    last_address(claim.set_index).write(leases_, claim.ip);
    create_lease(claim.ip, tenant.owner);
    created.push_back(claim.ip);  // which has room for it, so that nothing can fail in between
  }
  undo.commit();
}

void Store::reserve(const Tenant& tenant, const std::vector<Claim>& claims) {
  reserve(tenant, claims, find_entry(tenant.owner));
}

void Store::create_lease(const Ip& ip, const Owner& owner) {
  const std::string name = ip.to_string();
  const std::string content = LeaseFile::print(owner.container, owner.ifname);
  if (leases_.create(name, content, kLeaseMode)) return;
  const auto status = detail::examine_lease(leases_, ip);
  if (!status || detail::is_empty(*status)) {  // whoever chose the address knows that it is nobody's
    leases_.remove(name);
    if (leases_.create(name, content, kLeaseMode)) return;
  }
  throw Error{Code::try_again, name + " has been taken by a process that does not heed the lock"};
}

Store::Holdings Store::holdings(const Owner& owner) const {
  auto entry = find_entry(owner);
  if (!entry) return {};
  std::vector<Ip> held = confirmed(*entry);
  const bool all = held.size() == entry->addresses.size();
  return {.entry = std::move(entry), .addresses = std::move(held), .complete = all};
}

std::vector<Ip> Store::held_by(const Owner& owner, bool scan) const {
  Holdings known = holdings(owner);
  return known.complete || !scan ? std::move(known.addresses) : scan_for(leases(), owner);
}

void Store::release(const Owner& owner) {
  Holdings held = holdings(owner);
  if (!held.complete) {  // of the reference suite, or damaged, or an ADD was killed
    held.addresses = scan_for(leases(), owner);
    if (held.entry) append(held.addresses, damaged(*held.entry));
    leases_.remove_stale();
    index_.remove_stale();
  }
  ErrorList errors;
  for (const Ip& ip : held.addresses) {
    errors.attempt("release " + ip.to_string(), [&] { leases_.remove(ip.to_string()); });
  }
  errors.throw_if_any();
  // The index goes last: interrupted before, a repeated DEL finds its way as this one did.
  index_.remove(owner.file_name());
}

std::vector<Store::Lease> Store::leases() const {
  std::vector<Lease> all;
  for (const Ip& ip : taken()) {
    if (auto lease = this->lease(ip)) all.push_back(std::move(*lease));
  }
  return all;
}

std::vector<Ip> Store::taken() const { return detail::addresses_in(leases_); }

}  // namespace patchbay::ipam
