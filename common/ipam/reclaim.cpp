// SPDX-License-Identifier: Apache-2.0
// What becomes of leases whose DEL never came. The one rule: never a live address.
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "common/base/error.hpp"
#include "common/base/error_list.hpp"
#include "common/ipam/detail/boot_marker.hpp"
#include "common/ipam/detail/lease_directory.hpp"
#include "common/ipam/store.hpp"
#include "common/os/retry.hpp"

namespace patchbay::ipam {
namespace {

using net::Ip;

// Not in <linux/magic.h> of every kernel this is compiled against.
constexpr std::uint64_t kXfs = 0x58465342, kZfs = 0x2FC12FC1, kBcachefs = 0xCA451A4E, kReiser4 = 0x52345362;

// Boot IDs, namespaces and processes prove something about leases of this machine only, and files
// on a network filesystem may be another machine's. What is not known to be local may be shared.
bool is_of_one_machine(int fd) {
  static constexpr std::array<std::uint64_t, 12> kLocal{
      EXT4_SUPER_MAGIC, kXfs, BTRFS_SUPER_MAGIC, TMPFS_MAGIC,       RAMFS_MAGIC,          OVERLAYFS_SUPER_MAGIC,
      F2FS_SUPER_MAGIC, kZfs, kBcachefs,         NILFS_SUPER_MAGIC, REISERFS_SUPER_MAGIC, kReiser4};
  struct ::statfs filesystem {};
  if (os::retry_interrupted([&] { return fstatfs(fd, &filesystem); }) != 0) return false;
  const auto type = static_cast<std::uint32_t>(filesystem.f_type);
  return std::find(kLocal.begin(), kLocal.end(), type) != kLocal.end();
}

}  // namespace

bool Store::may_reclaim() const { return is_of_one_machine(leases_.fd()); }

// Holds one census: we hold the lock, so every lease that is judged by it was there before it.
Store::IsGone Store::is_gone() const {
  if (environment_.provably_gone != nullptr) return environment_.provably_gone;
  return [census = std::make_shared<os::NetnsCensus>()](const os::NetnsId& id, const std::string& path) {
    return census->provably_gone(id, path);
  };
}

bool Store::is_dead(const IndexEntry& entry, const IsGone& gone) const {
  if (entry.boot != environment_.boot_id()) return true;
  // From another PID namespace some of the processes that may hold it cannot be seen.
  const bool seen_from_here = entry.pid_namespace != 0 && entry.pid_namespace == environment_.pid_namespace();
  return seen_from_here && entry.netns && gone(*entry.netns, entry.netns_path);
}

bool Store::is_dead(const Owner& owner) const {
  const auto entry = find_entry(owner);
  return entry && may_reclaim() && is_dead(*entry, is_gone()) && ours(*entry) == confirmed(*entry);
}

// The leases that the entry speaks of. The reference suite may have served the same container since,
// with the same address: that lease is not what the entry knows about.
std::vector<Ip> Store::ours(const IndexEntry& entry) const {
  std::vector<Ip> leases = confirmed(entry);
  std::erase_if(leases, [&](const Ip& ip) {
    struct ::stat status {};
    return fstatat(leases_.fd(), ip.to_string().c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
           (status.st_mode & ALLPERMS) != kLeaseMode;
  });
  return leases;
}

std::vector<IndexEntry> Store::dead_entries() const {
  std::vector<IndexEntry> dead;
  if (!may_reclaim()) return dead;
  const IsGone gone = is_gone();
  for (const std::string& name : index_.list()) {
    auto entry = find_entry(name);
    if (entry && entry->owner.file_name() == name && is_dead(*entry, gone)) dead.push_back(std::move(*entry));
  }
  return dead;
}

std::vector<Ip> Store::torn() const {
  std::vector<Ip> torn = taken();
  std::erase_if(torn, [&](const Ip& ip) {
    try {
      return detail::read_lease(leases_, ip).kind != LeaseFile::Kind::torn;
    } catch (const Error&) {
      return true;  // it cannot be read, so nothing is known of it
    }
  });
  return torn;
}

std::vector<Ip> Store::reclaimable() const {
  std::vector<Ip> addresses = torn();
  for (const IndexEntry& entry : dead_entries()) {
    for (const Ip& ip : ours(entry)) addresses.push_back(ip);
  }
  return addresses;
}

std::size_t Store::reclaim_dead() {
  std::size_t freed = 0;
  ErrorList errors;
  const auto free_all = [&](const std::vector<Ip>& addresses) {
    for (const Ip& ip : addresses) freed += leases_.remove(ip.to_string()) ? 1U : 0U;
  };
  for (const IndexEntry& entry : dead_entries()) {
    errors.attempt("reclaim the leases of " + entry.owner.tag(), [&] {
      free_all(ours(entry));
      index_.remove(entry.owner.file_name());
    });
  }
  errors.attempt("reclaim torn leases", [&] { free_all(torn()); });
  leases_.remove_stale();
  index_.remove_stale();
  if (first_use_since_boot()) {
    forget_torn_entries();
    detail::mark(index_, environment_.boot_id());
  }
  errors.throw_if_any();
  return freed;
}

bool Store::first_use_since_boot() const { return !detail::is_marked(index_, environment_.boot_id()); }

// Of ADDs that were killed or lost their power while they wrote. We hold the lock, so nobody is at it now.
void Store::forget_torn_entries() {
  for (const std::string& name : index_.list()) {
    try {
      const auto text = index_.read(name);
      if (text && IndexEntry::is_torn(*text)) index_.remove(name);
    } catch (const Error&) {
      // it cannot be read, so nothing is known of it
    }
  }
}

std::size_t Store::keep_only(const Owners& valid) {
  using Name = std::pair<std::string_view, std::string_view>;
  std::vector<Name> names;
  for (const Owner& owner : valid) names.emplace_back(owner.container, owner.ifname);
  std::sort(names.begin(), names.end());
  const auto is_kept = [&](const LeaseFile& lease) {
    if (lease.kind == LeaseFile::Kind::other) return true;
    if (lease.kind == LeaseFile::Kind::torn) return false;
    const auto found = std::lower_bound(names.begin(), names.end(), Name{lease.container, lease.ifname});
    if (found == names.end() || found->first != lease.container) return false;
    return lease.kind == LeaseFile::Kind::legacy || found->second == lease.ifname;
  };
  std::size_t freed = 0;
  ErrorList errors;
  for (const Ip& ip : taken()) {
    errors.attempt("collect " + ip.to_string(), [&] {
      if (!is_kept(detail::read_lease(leases_, ip)) && leases_.remove(ip.to_string())) ++freed;
    });
  }
  leases_.remove_stale();
  forget_all_but(valid);
  errors.throw_if_any();
  return freed;
}

void Store::forget_all_but(const Owners& valid) {
  std::vector<std::string> kept;
  for (const Owner& owner : valid) kept.push_back(owner.file_name());
  std::sort(kept.begin(), kept.end());
  for (const std::string& name : index_.list()) {
    if (!std::binary_search(kept.begin(), kept.end(), name)) index_.remove(name);
  }
  index_.remove_stale();
}

}  // namespace patchbay::ipam
