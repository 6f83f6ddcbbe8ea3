// SPDX-License-Identifier: Apache-2.0
#include "common/attach/host_local.hpp"

#include <unistd.h>

#include <algorithm>

#include "common/attach/host_local_config.hpp"
#include "common/attach/ipam.hpp"
#include "common/attach/warning.hpp"
#include "common/base/error.hpp"
#include "common/contract/run.hpp"
#include "common/ipam/allocate.hpp"

namespace patchbay::attach::host_local {
namespace {

using contract::Request;
using contract::Result;
using ipam::RangeSet;
using ipam::Store;

std::vector<net::Ip> within(const std::vector<RangeSet>& sets, const std::vector<net::Ip>& addresses) {
  std::vector<net::Ip> inside;
  for (const net::Ip& ip : addresses) {
    if (std::any_of(sets.begin(), sets.end(), [&](const RangeSet& set) { return find_range(set, ip) != nullptr; })) {
      inside.push_back(ip);
    }
  }
  std::sort(inside.begin(), inside.end());
  return inside;
}

Error drifted(std::string what) {
  return std::move(Error{Code::drift, std::move(what)}.hint("the attachment has to be deleted and added again"));
}

void require_same(const std::vector<net::Ip>& leased, const std::vector<net::Ip>& reported) {
  for (const net::Ip& ip : reported) {
    if (std::binary_search(leased.begin(), leased.end(), ip)) continue;
    throw drifted("host-local: address " + ip.to_string() + " is not leased to this attachment");
  }
  for (const net::Ip& ip : leased) {
    if (std::binary_search(reported.begin(), reported.end(), ip)) continue;
    throw drifted("host-local: address " + ip.to_string() + " is leased to this attachment, which does not use it");
  }
}

// ADD is going to create what is missing of `path`: where that begins must be writable.
void require_usable(std::string path) {
  while (access(path.c_str(), F_OK) != 0 && errno == ENOENT && path.size() > 1) {
    path.resize(std::max<std::size_t>(path.rfind('/'), 1));
  }
  if (access(path.c_str(), W_OK | X_OK) == 0) return;
  throw system_error(Code::not_available, "leases cannot be written in " + path, errno).at("/ipam/dataDir");
}

void require_free_address(const Store& store, const RangeSet& set) {
  if (count_free(store, set, 1) > 0 || !within({set}, store.reclaimable()).empty()) return;
  const std::string leased = std::to_string(within({set}, store.taken()).size());
  throw Error{Code::not_available, "no IP addresses available in range set: " + to_string(set)}
      .at("/ipam/ranges")
      .hint(leased + " addresses are leased: widen the range, or run GC with the attachments that still exist");
}

Result add_for(const Request& request, const std::optional<os::NetnsId>& netns) {
  const auto sets = range_sets(request);
  const auto requested = requested_addresses(request);
  Result result = fixed_result(request);
  const ipam::Tenant tenant{.owner = request.owner, .netns_path = request.netns, .netns = netns};

  result.ips.reserve(sets.size());  // nothing can fail once there are leases

  // Everything that can be done without the lock is done.
  Store store = Store::open(data_dir(request), request.owner.network);
  for (const ipam::Allocation& allocation : allocate(store, tenant, sets, requested)) {
    result.ips.push_back({.address = allocation.address, .gateway = allocation.gateway, .interface = std::nullopt});
  }
  return result;
}

}  // namespace

// Which namespace the addresses are for serves to tell a dead lease from a live one, and nothing else:
// what is odd about CNI_NETNS, the main plugin says.
Result add(const Request& request) {
  contract::stop_if_asked();
  return add_for(request, ipam::namespace_at(request.netns));
}

Result add(const Request& request, const os::NetnsId& netns) { return add_for(request, netns); }

void check(const Request& request) {
  const auto sets = range_sets(request);
  const auto store = Store::find(data_dir(request), request.owner.network);
  const auto leased = store ? store->held_by(request.owner, true) : std::vector<net::Ip>{};
  if (leased.empty()) {
    throw drifted("host-local: Failed to find address added by container " + request.owner.container);
  }
  const auto result = request.previous_result();
  if (!result) return;
  std::vector<net::Ip> reported;
  for (const contract::IpConfig& ip : result->ips) reported.push_back(ip.address.ip);
  require_same(within(sets, leased), within(sets, reported));
}

// No ADD takes a configuration in which it cannot be read where the leases are: there are none, then.
void del(const Request& request) {
  std::string leases;
  try {
    leases = data_dir(request);
  } catch (const Error& error) {
    return warn("no addresses are released: " + error.summary());
  }
  if (auto store = Store::find(leases, request.owner.network)) store->release(request.owner);
}

void gc(const Request& request) {
  const auto valid = request.valid_attachments();
  if (!valid) {
    throw Error{Code::invalid_config, "GC needs the attachments that are still valid"}
        .at("/cni.dev~1valid-attachments")
        .expected("a list, empty when there are none");
  }
  if (auto store = Store::find(data_dir(request), request.owner.network)) store->keep_only(*valid);
}

void status(const Request& request) {
  const auto sets = range_sets(request);
  const std::string leases = data_dir(request) + "/" + request.owner.network;
  try {
    static_cast<void>(fixed_result(request));
    require_usable(leases);
    const auto store = Store::find(data_dir(request), request.owner.network);
    if (!store) return;
    for (const RangeSet& set : sets) require_free_address(*store, set);
  } catch (const Error& error) {
    if (error.code() != Code::io_failure) throw;
    throw Error{Code::not_available, error.summary()}.at(error.pointer());
  }
}

os::Capabilities needs(contract::Command /*command*/) { return os::kToReachFiles | os::kToSeeNamespaces; }

}  // namespace patchbay::attach::host_local
