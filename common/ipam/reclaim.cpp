// SPDX-License-Identifier: Apache-2.0
// What becomes of leases whose DEL never came. The one rule: never a live address.
#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
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

// The kernel gives the number of a namespace that has gone to the next one, so a namespace of that number proves
// nothing when it is known whose it is by now: another container's, at the path that the index has for that one. It
// had no interface of this name when that one was attached.
bool Store::is_superseded(const IndexEntry& entry, const std::vector<IndexEntry>& all) const {
  if (!entry.netns || entry.pid_namespace != environment_.pid_namespace()) return false;
  const auto is_heir = [&](const IndexEntry& other) {
    return other.netns == entry.netns && other.boot == entry.boot && other.owner.container != entry.owner.container &&
           other.owner.ifname == entry.owner.ifname && other.netns_path != entry.netns_path;
  };
  const auto heir = std::find_if(all.begin(), all.end(), [&](const IndexEntry& other) {
    return is_heir(other) && environment_.namespace_at(other.netns_path) == entry.netns;
  });
  return heir != all.end() && environment_.namespace_at(entry.netns_path) != entry.netns;
}

bool Store::is_dead(const Owner& owner) const {
  const auto entry = find_entry(owner);
  if (!entry || !may_reclaim() || ours(*entry) != confirmed(*entry)) return false;
  return is_dead(*entry, is_gone()) || is_superseded(*entry, readable_entries());
}

// The leases that the entry speaks of. The reference suite may have served the same container since,
// with the same address: that lease is not what the entry knows about.
std::vector<Ip> Store::ours(const IndexEntry& entry) const {
  std::vector<Ip> leases = confirmed(entry);
  std::erase_if(leases, [&](const Ip& ip) { return !is_ours(ip); });
  return leases;
}

Store::Judgement Store::judge() const {
  Judgement judgement;
  const bool may_reclaim = this->may_reclaim();
  const IsGone gone = is_gone();
  const auto all = readable_entries();
  for (const IndexEntry& entry : all) {
    if (may_reclaim && (is_dead(entry, gone) || is_superseded(entry, all))) {
      judgement.dead.push_back(entry);
    } else {
      judgement.claimed.insert(judgement.claimed.end(), entry.addresses.begin(), entry.addresses.end());
    }
  }
  std::sort(judgement.claimed.begin(), judgement.claimed.end());
  return judgement;
}

// Leases that no entry speaks for: torn ones. And where nobody has been here since the last boot, all of
// ours; of those a power cut took the entry.
std::vector<Ip> Store::nobodys(const std::vector<Ip>& claimed) const {
  const bool none_is_of_this_boot = may_reclaim() && detail::is_marked_by_another(index_, environment_.boot_id());
  std::vector<Ip> leases = taken();
  std::erase_if(leases, [&](const Ip& ip) {
    if (std::binary_search(claimed.begin(), claimed.end(), ip)) return true;
    try {
      const LeaseFile::Kind kind = detail::read_lease(leases_, ip).kind;
      // Nothing is free because a read ended early.
      if (kind == LeaseFile::Kind::torn) return detail::read_whole_lease(leases_, ip).kind != LeaseFile::Kind::torn;
      return kind == LeaseFile::Kind::other || !none_is_of_this_boot || !is_ours(ip);
    } catch (const Error&) {
      return true;  // it cannot be read, so nothing is known of it
    }
  });
  return leases;
}

std::vector<Ip> Store::reclaimable() const {
  const Judgement judgement = judge();
  std::vector<Ip> addresses = nobodys(judgement.claimed);
  for (const IndexEntry& entry : judgement.dead) {
    for (const auto& some : {ours(entry), damaged(entry)}) addresses.insert(addresses.end(), some.begin(), some.end());
  }
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

std::size_t Store::bury(const IndexEntry& entry) {
  std::size_t freed = 0;
  for (const auto& some : {ours(entry), damaged(entry)}) {
    for (const Ip& ip : some) freed += leases_.remove(ip.to_string()) ? 1U : 0U;
  }
  index_.remove(entry.owner.file_name());
  return freed;
}

std::size_t Store::reclaim_dead() {
  std::size_t freed = 0;
  ErrorList errors;
  const Judgement judgement = judge();
  for (const IndexEntry& entry : judgement.dead) {
    errors.attempt("reclaim the leases of " + entry.owner.tag(), [&] { freed += bury(entry); });
  }
  errors.attempt("reclaim what is nobody's", [&] {
    for (const Ip& ip : nobodys(judgement.claimed)) freed += leases_.remove(ip.to_string()) ? 1U : 0U;
  });
  errors.attempt("remove temporary files", [&] {
    leases_.remove_stale();
    index_.remove_stale();
  });
  // Last, for it says that all of the above has been done.
  if (first_use_since_boot()) {
    errors.attempt("note the boot", [&] {
      forget_torn_entries();
      detail::mark(index_, environment_.boot_id());
    });
  }
  errors.throw_if_any();
  return freed;
}

bool Store::first_use_since_boot() const { return !detail::is_marked(index_, environment_.boot_id()); }

// Of ADDs that were killed or lost their power while they wrote. We hold the lock, so nobody is at it now.
void Store::forget_torn_entries() {
  for (const std::string& name : detail::entry_names(index_)) {
    try {
      const auto text = index_.read(name);
      if (text && IndexEntry::is_torn(*text)) index_.remove(name);
    } catch (const Error&) {
      // it cannot be read, so nothing is known of it
    }
  }
}

}  // namespace patchbay::ipam
