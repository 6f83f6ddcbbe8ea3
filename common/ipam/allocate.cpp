// SPDX-License-Identifier: Apache-2.0
#include "common/ipam/allocate.hpp"

#include <algorithm>

#include "common/base/error.hpp"
#include "common/ipam/walk.hpp"

namespace patchbay::ipam {
namespace {

using net::Ip;

// Whether addresses are taken: each probe is a system call, until so many in a row were taken that
// reading the directory once is cheaper.
class Occupancy {
 public:
  explicit Occupancy(const Store& store) : store_(store) {}

  bool is_free(const Ip& ip) {
    if (known_ && std::binary_search(known_->begin(), known_->end(), ip)) return false;
    if (store_.is_free(ip)) return true;
    if (!known_ && ++misses_ == kMostMisses) known_ = store_.taken();
    return false;
  }

 private:
  static constexpr unsigned kMostMisses = 64;
  const Store& store_;
  unsigned misses_ = 0;
  std::optional<std::vector<Ip>> known_;
};

std::optional<Candidate> first_free(Store& store, const RangeSet& set, std::size_t index) {
  Occupancy occupancy{store};
  Walk walk{set, store.last_reserved(index)};
  while (const auto candidate = walk.next()) {
    if (occupancy.is_free(candidate->ip)) return candidate;
  }
  return std::nullopt;
}

std::optional<Candidate> requested_if_free(const Store& store, const RangeSet& set, const Ip& ip) {
  const Range* range = find_range(set, ip);
  if (ip == range->gateway) {
    throw Error{Code::address_unavailable, "requested ip " + ip.to_string() + " is subnet's gateway"};
  }
  if (!store.is_free(ip)) return std::nullopt;
  return Candidate{ip, range};
}

Error none_left(const Store& store, const RangeSet& set, const std::optional<Ip>& wanted) {
  if (!wanted) {
    return std::move(Error{Code::pool_exhausted, "no IP addresses available in range set: " + to_string(set)}.hint(
        "all of them are leased, and none to a container that is known to be gone: widen the range, or run GC with "
        "the attachments that still exist"));
  }
  Error error{Code::address_unavailable,
              "requested IP address " + wanted->to_string() + " is not available in range set " + to_string(set)};
  if (const auto lease = store.lease(*wanted)) {
    error.hint("it is leased to container " + lease->container +
               (lease->ifname.empty() ? "" : ", interface " + lease->ifname));
  }
  return error;
}

// Takes the first of `requested` that lies in the set out of the list.
std::optional<Ip> take_requested(std::vector<Ip>& requested, const RangeSet& set) {
  const auto found =
      std::find_if(requested.begin(), requested.end(), [&](const Ip& ip) { return find_range(set, ip) != nullptr; });
  if (found == requested.end()) return std::nullopt;
  const Ip ip = *found;
  std::erase(requested, ip);  // asked for twice by different ways: once is enough
  return ip;
}

// What cannot be reclaimed is no reason to refuse an address that is free.
void try_to_reclaim(Store& store) {
  try {
    store.reclaim_dead();
  } catch (const Error&) {
    // it stays as it is; GC and the tool report it
  }
}

Candidate choose(Store& store, const RangeSet& set, std::size_t index, const std::optional<Ip>& wanted) {
  const auto look = [&] { return wanted ? requested_if_free(store, set, *wanted) : first_free(store, set, index); };
  if (const auto candidate = look()) return *candidate;
  try_to_reclaim(store);
  if (const auto candidate = look()) return *candidate;
  throw none_left(store, set, wanted);
}

// The spec has a DEL between two ADDs of one attachment; an ADD without is refused, as the reference
// does, unless what the attachment holds is a dead predecessor's. Returns the entry that remains.
std::optional<IndexEntry> settle_predecessor(Store& store, const Owner& owner, const std::vector<RangeSet>& sets) {
  Store::Holdings held = store.holdings(owner);
  if (!held.entry) return std::nullopt;
  const bool holds_none = held.addresses.empty() && store.damaged(*held.entry).empty();
  if (!holds_none && store.is_dead(owner)) {
    store.bury(*held.entry);
    return std::nullopt;
  }
  for (std::size_t i = 0; i < sets.size(); ++i) {
    for (const Ip& ip : held.addresses) {
      if (find_range(sets[i], ip) == nullptr) continue;
      throw Error{Code::address_unavailable, ip.to_string() + " has been allocated to " + owner.container +
                                                 ", duplicate allocation is not allowed"}
          .context("failed to allocate for range " + std::to_string(i))
          .hint("the runtime has to DEL this attachment before it ADDs it again");
    }
  }
  return std::move(held.entry);
}

}  // namespace

std::vector<Allocation> allocate(Store& store, const Tenant& tenant, const std::vector<RangeSet>& sets,
                                 const std::vector<net::Ip>& requested) {
  if (store.first_use_since_boot()) try_to_reclaim(store);
  const auto predecessor = settle_predecessor(store, tenant.owner, sets);

  std::vector<Ip> unplaced = requested;
  std::vector<Allocation> allocations;
  std::vector<Store::Claim> claims;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    with_context("failed to allocate for range " + std::to_string(i), [&] {
      const Candidate chosen = choose(store, sets[i], i, take_requested(unplaced, sets[i]));
      allocations.push_back({{chosen.ip, chosen.range->subnet.prefix}, chosen.range->gateway});
      claims.push_back({chosen.ip, i});
    });
  }
  if (!unplaced.empty()) {
    std::string text = "failed to allocate all requested IPs:";
    for (const Ip& ip : unplaced) text += " " + ip.to_string();
    throw Error{Code::address_unavailable, std::move(text)}.hint(
        "one address is taken from each range set: those that remain lie in none, or in one that is already served");
  }
  store.reserve(tenant, claims, predecessor);
  return allocations;
}

std::size_t count_free(const Store& store, const RangeSet& set, std::size_t enough) {
  Occupancy occupancy{store};
  Walk walk{set, std::nullopt};
  std::size_t free = 0;
  while (free < enough) {
    const auto candidate = walk.next();
    if (!candidate) break;
    if (occupancy.is_free(candidate->ip)) ++free;
  }
  return free;
}

}  // namespace patchbay::ipam
