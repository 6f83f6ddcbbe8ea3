// SPDX-License-Identifier: Apache-2.0
// Everything on this node that is there for attachments, with whose it is and whether that one lives.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/attach/record.hpp"
#include "common/firewall/listing.hpp"
#include "common/ipam/store.hpp"
#include "common/netlink/link.hpp"
#include "tools/patchbay/cache.hpp"
#include "tools/patchbay/failure.hpp"
#include "tools/patchbay/node/verdict.hpp"

namespace patchbay::cli {

// Where to look, beyond what every node has. Found in configurations, those of the cache included; without
// any, the usual places.
struct Places {
  std::vector<std::string> data_dirs;
  std::map<std::string, std::vector<std::string>> bridges;  // and the networks that are configured to use them
};
Places find_places(const std::string& config_directory, const ResultCache& cache);

struct Found {
  std::string network;  // empty: not known
  std::string owner;    // tag; "network/container/*" of what does not tell the interface; empty: not known
  Judgement judgement;
};
struct FoundRule : Found {
  firewall::Object object;
};
struct FoundLink : Found {
  netlink::Link link;
  std::string master;  // name of its bridge
};
struct FoundAddress : Found {
  net::Cidr address;
  std::string link;
};
struct FoundLease : Found {
  std::string data_dir;
  ipam::Store::LeaseState lease;
};
struct FoundEntry : Found {
  std::string data_dir;
  ipam::Store::EntryState entry;
};
struct FoundRecord : Found {
  std::string plugin;
  attach::Records::File file;
};
struct FoundResult : Found {
  ResultCache::File file;
};

struct Survey {
  std::vector<FoundRule> rules;
  std::vector<FoundLink> links;
  std::vector<FoundAddress> addresses;
  std::vector<FoundLease> leases;
  std::vector<FoundEntry> entries;
  std::vector<FoundRecord> records;
  std::vector<FoundResult> results;
  Failures failures;  // what could not be read
};

// `visit` is called with every vector.
template <typename Surveyed, typename Visit>
void for_each_kind(Surveyed& survey, const Visit& visit) {
  visit(survey.rules), visit(survey.links), visit(survey.addresses), visit(survey.leases);
  visit(survey.entries), visit(survey.records), visit(survey.results);
}

inline constexpr const char* kPluginsWithRecords[] = {"bridge", "veth", "portmap", "firewall", "bandwidth"};

// `network`: only what is of it; empty: the whole node. Changes nothing.
Survey survey(const Places& places, const ResultCache& cache, const std::string& network);

}  // namespace patchbay::cli
