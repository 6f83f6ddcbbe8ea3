// SPDX-License-Identifier: Apache-2.0
// Reading the node. Rules come first, what proves life later: an ADD under way has written its record
// and made its link before it makes rules, so nothing of it is ever found without a trace of its owner.
#include "tools/patchbay/node/survey.hpp"

#include <algorithm>
#include <memory>

#include "common/base/error.hpp"
#include "common/netlink/address.hpp"
#include "common/os/netns.hpp"
#include "tools/patchbay/node/judging.hpp"

namespace patchbay::cli {
namespace {

struct Reading {
  Survey survey;
  std::vector<netlink::Link> links;
  std::map<std::string, bool> proves;  // by data directory
};

void read_stores(const Places& places, Reading& to) {
  for (const std::string& data_dir : places.data_dirs) {
    to.proves[data_dir] = true;
    for (const std::string& network : ipam::Store::networks(data_dir)) {
      attempt(to.survey.failures, [&] {
        const auto store = ipam::Store::find(data_dir, network);
        if (!store) return;
        to.proves[data_dir] = to.proves[data_dir] && store->may_reclaim();
        for (auto& lease : store->lease_files()) {
          to.survey.leases.push_back({{.network = network, .owner = {}, .judgement = {}}, data_dir, std::move(lease)});
        }
        for (auto& entry : store->entries()) {
          to.survey.entries.push_back({{.network = network, .owner = {}, .judgement = {}}, data_dir, std::move(entry)});
        }
      });
    }
  }
}

void read_records(Reading& to) {
  for (const char* plugin : kPluginsWithRecords) {
    for (auto& file : attach::Records{plugin}.files()) {
      std::string network = file.network;
      to.survey.records.push_back(
          {{.network = std::move(network), .owner = {}, .judgement = {}}, plugin, std::move(file)});
    }
  }
}

Reading read_node(const Places& places, const ResultCache& cache) {
  Reading node;
  Failures& failures = node.survey.failures;
  attempt(failures, [&] {
    for (auto& object : firewall::list()) node.survey.rules.push_back({{}, std::move(object)});
  });
  attempt(failures, [&] {
    netlink::Socket host;
    node.links = netlink::links::list(host);
  });
  attempt(failures, [&] { read_stores(places, node); });
  attempt(failures, [&] { read_records(node); });
  attempt(failures, [&] {
    for (auto& file : cache.files()) node.survey.results.push_back({{}, std::move(file)});
  });
  return node;
}

// Where some ADD of this boot ran in another PID namespace than we do, there are processes that we cannot
// see, and so no namespace is proven gone.
bool sees_all(const Survey& survey, const std::string& boot) {
  const auto own = ipam::own_pid_namespace();
  return std::ranges::none_of(survey.entries, [&](const FoundEntry& found) {
    const auto& entry = found.entry.entry;
    return entry && entry->boot == boot && entry->pid_namespace != own;
  });
}

std::optional<os::NetnsId> netns_at(const std::string& path) {
  const auto netns = os::Netns::find(path, true);
  return netns ? std::optional{netns->id()} : std::nullopt;
}

bool has_interface(const std::string& path, const std::string& ifname) {
  try {
    const auto netns = os::Netns::find(path, true);
    if (!netns) return false;
    netlink::Socket inside{*netns};
    return netlink::links::find(inside, ifname).has_value();
  } catch (const Error&) {
    return true;  // in doubt
  }
}

Facts facts_about(const Reading& node) {
  Facts facts{.boot = os::boot_id(),
              .now = std::chrono::system_clock::now(),
              .gone = [](const os::NetnsId&, const std::string&) { return false; },
              .netns_at = netns_at,
              .has_interface = has_interface,
              .links = node.links,
              .keeps_records = os::Directory::find(attach::kRunDirectory).has_value()};
  if (sees_all(node.survey, facts.boot)) {
    // Taken when first asked, after everything has been read.
    facts.gone = [census = std::make_shared<os::NetnsCensus>()](const os::NetnsId& id, const std::string& path) {
      return census->provably_gone(id, path);
    };
  }
  return facts;
}

// Of the links that are ours; whoever has the link has them.
void read_addresses(Survey& survey) {
  netlink::Socket host;
  for (const FoundLink& link : survey.links) {
    if (link.judgement.verdict == Verdict::foreign) continue;
    for (const auto& address : netlink::addresses::list(host, link.link.index)) {
      if (!address.address.ip.is_link_local()) survey.addresses.push_back({link, address.address, link.link.name});
    }
  }
}

void keep_network(Survey& survey, const std::string& network) {
  for_each_kind(survey, [&](auto& list) {
    std::erase_if(list, [&](const Found& found) {
      return found.network != network && !Owner::tag_is_of_network(found.owner, network);
    });
  });
}

}  // namespace

Survey survey(const Places& places, const ResultCache& cache, const std::string& network) {
  Reading node = read_node(places, cache);
  const Facts facts = facts_about(node);
  Survey judged = judge(std::move(node.survey), facts, places, node.proves);
  attempt(judged.failures, [&] { read_addresses(judged); });
  if (!network.empty()) keep_network(judged, network);
  return judged;
}

}  // namespace patchbay::cli
