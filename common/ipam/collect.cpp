// SPDX-License-Identifier: Apache-2.0
// GC: the runtime says who is left.
#include <algorithm>
#include <map>

#include "common/base/error.hpp"
#include "common/base/error_list.hpp"
#include "common/ipam/detail/lease_directory.hpp"
#include "common/ipam/store.hpp"

namespace patchbay::ipam {
namespace {

using net::Ip;

// The attachments that are to stay, by what a lease tells of them.
class Valid {
 public:
  explicit Valid(const Owners& owners) {
    for (const Owner& owner : owners) names_.emplace_back(owner.container, owner.ifname);
    std::sort(names_.begin(), names_.end());
  }
  [[nodiscard]] bool keep(const LeaseFile& lease) const {
    if (lease.kind == LeaseFile::Kind::torn || lease.kind == LeaseFile::Kind::other) return false;
    const auto found = std::lower_bound(names_.begin(), names_.end(), Name{lease.container, lease.ifname});
    if (found == names_.end() || found->first != lease.container) return false;
    return lease.kind == LeaseFile::Kind::legacy || found->second == lease.ifname;
  }
  [[nodiscard]] bool keep(const Owner& owner) const {
    return std::binary_search(names_.begin(), names_.end(), Name{owner.container, owner.ifname});
  }

 private:
  using Name = std::pair<std::string_view, std::string_view>;
  std::vector<Name> names_;
};

// Who claims which address, by the index. Made when the first lease is in doubt.
class Claims {
 public:
  explicit Claims(std::vector<IndexEntry> entries) : entries_(std::move(entries)) {
    for (const IndexEntry& entry : entries_) {
      for (const Ip& ip : entry.addresses) by_address_.emplace(ip, &entry);
    }
  }
  [[nodiscard]] std::vector<const IndexEntry*> of(const Ip& ip) const {
    std::vector<const IndexEntry*> claimants;
    const auto [first, last] = by_address_.equal_range(ip);
    for (auto at = first; at != last; ++at) claimants.push_back(at->second);
    return claimants;
  }

 private:
  std::vector<IndexEntry> entries_;
  std::multimap<Ip, const IndexEntry*> by_address_;
};

}  // namespace

std::size_t Store::keep_only(const Owners& valid_owners) {
  const Valid valid{valid_owners};
  std::optional<Claims> claims;
  const bool may_reclaim = this->may_reclaim();
  // A lease that names nobody valid. Damaged it is of those who claim its address; and what is no
  // container's is not ours to free, unless it is a damaged one of ours.
  const auto goes = [&](const Ip& ip, const LeaseFile& lease) {
    if (!claims) claims.emplace(readable_entries());
    const IndexEntry* claimant = nullptr;
    bool kept = false;
    for (const IndexEntry* entry : claims->of(ip)) {
      claimant = entry;
      const bool past = may_reclaim && entry->boot != environment_.boot_id();
      kept = kept || (!past && valid.keep(entry->owner));
    }
    const bool of_claimant = claimant != nullptr && is_damaged(ip, claimant->owner.network);
    return of_claimant ? !kept : lease.kind != LeaseFile::Kind::other;
  };
  std::size_t freed = 0;
  ErrorList errors;
  for (const Ip& ip : taken()) {
    errors.attempt("collect " + ip.to_string(), [&] {
      const auto would_go = [&](const LeaseFile& lease) {
        const bool cut_short = lease.kind == LeaseFile::Kind::legacy && is_ours(ip);
        return (!valid.keep(lease) || cut_short) && goes(ip, lease);
      };
      // Nothing goes because a read ended early: what would go is read again, to its end.
      const bool twice = would_go(detail::read_lease(leases_, ip)) && would_go(detail::read_whole_lease(leases_, ip));
      if (twice && leases_.remove(ip.to_string())) ++freed;
    });
  }
  leases_.remove_stale();
  forget_all_but(valid_owners);
  errors.throw_if_any();
  return freed;
}

void Store::forget_all_but(const Owners& valid) {
  const auto kept = sorted_file_names(valid);
  for (const std::string& name : detail::entry_names(index_)) {
    if (!std::binary_search(kept.begin(), kept.end(), name)) index_.remove(name);
  }
  index_.remove_stale();
}

}  // namespace patchbay::ipam
