// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/node/sweep.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "common/attach/ingress_policy.hpp"
#include "common/attach/zone.hpp"
#include "common/firewall/conntrack.hpp"

namespace patchbay::cli {
namespace {

bool is_stale(const Found& found) { return found.judgement.verdict == Verdict::stale; }

void remove_rules(const Survey& survey) {
  std::vector<firewall::Object> objects;
  for (const FoundRule& found : survey.rules) {
    if (is_stale(found)) objects.push_back(found.object);
  }
  firewall::remove(objects);
}

void leave_zones(const Survey& survey, Failures& failures) {
  for (const FoundRecord& found : survey.records) {
    const auto& record = found.file.record;
    if (!is_stale(found) || !record || !record->acceptance) continue;
    attempt(failures,
            [&] { attach::leave_zone(record->acceptance->firewalld_zone, record->addresses, record->owner); });
  }
}

// All at once, for the kernel's sake; those that are still what they were.
void remove_links(const Survey& survey) {
  netlink::Socket host;
  const auto all = netlink::links::list(host);
  std::vector<netlink::Link> gone;
  for (const FoundLink& found : survey.links) {
    const auto is_same = [&](const netlink::Link& link) {
      return link.index == found.link.index && link.name == found.link.name && link.alias == found.link.alias;
    };
    if (is_stale(found)) std::ranges::copy_if(all, std::back_inserter(gone), is_same);
  }
  netlink::links::remove_all(host, gone, all);
}

// Of the dead, unless somebody else has the address by now.
void forget_connections(const Survey& survey) {
  std::set<net::Ip> in_use;
  for (const FoundLease& found : survey.leases) {
    if (!is_stale(found)) in_use.insert(found.lease.ip);
  }
  std::vector<net::Ip> addresses;
  std::vector<firewall::PortForward> forwards;
  for (const FoundRecord& found : survey.records) {
    if (!is_stale(found) || !found.file.record) continue;
    for (const net::Cidr& address : found.file.record->addresses) {
      if (!in_use.contains(address.ip)) addresses.push_back(address.ip);
    }
    std::ranges::copy_if(found.file.record->port_forwards, std::back_inserter(forwards),
                         [&](const auto& forward) { return !in_use.contains(forward.container.ip); });
  }
  firewall::conntrack::forget_ports(forwards, false);
  firewall::conntrack::forget_addresses(addresses);
}

// Leases first: interrupted before its entry goes, a lease still has a trace of its owner.
void remove_leases(const Survey& survey, const std::string& data_dir, const std::string& network) {
  auto store = ipam::Store::find(data_dir, network);
  if (!store) return;
  const auto is_here = [&](const auto& found) {
    return is_stale(found) && found.data_dir == data_dir && found.network == network;
  };
  for (const FoundLease& found : survey.leases) {
    if (is_here(found)) store->remove(found.lease);
  }
  for (const FoundEntry& found : survey.entries) {
    if (is_here(found)) store->remove(found.entry);
  }
}

void remove_from_stores(const Survey& survey, Failures& failures) {
  std::set<std::pair<std::string, std::string>> stores;
  for (const FoundLease& found : survey.leases) {
    if (is_stale(found)) stores.emplace(found.data_dir, found.network);
  }
  for (const FoundEntry& found : survey.entries) {
    if (is_stale(found)) stores.emplace(found.data_dir, found.network);
  }
  for (const auto& store : stores) {
    attempt(failures, [&] { remove_leases(survey, store.first, store.second); });
  }
}

void stop_if_any(const Failures& failures) {
  if (!failures.empty()) throw Failed{failures};
}

}  // namespace

void leave_out_revived(Survey& survey) {
  using Name = std::tuple<std::string, std::string, std::string>;
  std::map<Name, std::optional<os::FileTime>> seen;
  for (const FoundRecord& found : survey.records) {
    seen[{found.plugin, found.file.network, found.file.name}] = found.file.written;
  }
  std::set<std::string> revived;
  for (const char* plugin : kPluginsWithRecords) {
    for (const auto& file : attach::Records{plugin}.files()) {
      const auto before = seen.find({plugin, file.network, file.name});
      if (file.record && (before == seen.end() || before->second != file.written)) {
        revived.insert(file.record->owner.tag());
        revived.insert(Owner{file.record->owner.network, file.record->owner.container, "*"}.tag());
      }
    }
  }
  for_each_kind(survey, [&](auto& list) {
    std::erase_if(list, [&](const Found& found) { return revived.contains(found.owner); });
  });
}

void sweep(const Survey& survey, const ResultCache& cache) {
  Failures failures;
  attempt(failures, [&] { remove_rules(survey); });
  leave_zones(survey, failures);
  attempt(failures, [&] { remove_links(survey); });
  attempt(failures, [&] { forget_connections(survey); });
  stop_if_any(failures);
  remove_from_stores(survey, failures);
  stop_if_any(failures);
  for (const FoundRecord& found : survey.records) {
    if (is_stale(found)) attempt(failures, [&] { attach::Records{found.plugin}.remove(found.file); });
  }
  for (const FoundResult& found : survey.results) {
    if (is_stale(found)) attempt(failures, [&] { cache.remove(found.file); });
  }
  stop_if_any(failures);
  attempt(failures, [] { attach::lift_idle_ingress_policies(); });
  stop_if_any(failures);
}

}  // namespace patchbay::cli
