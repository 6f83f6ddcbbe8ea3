// SPDX-License-Identifier: Apache-2.0
#include "common/attach/host.hpp"

#include <algorithm>

#include "common/attach/record.hpp"
#include "common/os/sysctl.hpp"

namespace patchbay::attach {
namespace {

namespace links = netlink::links;

// Two owners with one name need 44 equal bits of hash; beyond a few candidates something else is wrong.
constexpr unsigned kCandidates = 8;

// Ours: the tag says so. A kill between the birth of the link and its tag leaves no alias, but
// nobody else makes links of this name.
bool belongs_to(const netlink::Link& link, const Owner& owner) {
  return link.kind == "veth" && (link.alias == owner.tag() || link.alias.empty());
}

// A host end of the same owner is in our way. It is a leftover of an ADD that was killed - unless
// the container has the interface: then somebody adds the same attachment twice.
void clear_leftover(netlink::Socket& host, const CablePlan& plan, const netlink::Link& leftover) {
  netlink::Socket inside{*plan.container};
  if (links::find(inside, plan.owner.ifname)) throw interface_exists(plan.owner.ifname);
  links::remove(host, leftover.index, {});
}

// The veth under the first candidate name that is free or was ours.
netlink::links::Veth create_under_free_name(netlink::Socket& host, const CablePlan& plan) {
  for (unsigned candidate = 0; candidate < kCandidates;) {
    const std::string name = plan.owner.host_ifname(candidate);
    auto veth = links::create_veth(
        host, {.host = {.name = name},
               .peer = {.name = plan.owner.ifname, .mac = plan.container_mac, .netns = plan.container},
               .mtu = plan.mtu,
               .master = plan.master});
    if (veth) return *std::move(veth);
    const auto present = links::find(host, name);
    if (present && !belongs_to(*present, plan.owner)) {
      ++candidate;
    } else if (present) {
      clear_leftover(host, plan, *present);
    }
  }
  throw Error{Code::kernel_refused, "no free name for the host end of the cable of " + plan.owner.tag()}.hint(
      "remove stale veth links whose names start with " + plan.owner.host_ifname(0).substr(0, 8));
}

}  // namespace

Error interface_exists(const std::string& ifname) {
  return Error{Code::interface_exists, "the container already has an interface " + ifname}
      .expected("a namespace without it")
      .hint("if this is a repeated ADD, run DEL first; otherwise choose another CNI_IFNAME");
}

netlink::links::Veth create_cable(netlink::Socket& host, const CablePlan& plan) {
  return with_context("connect " + plan.owner.ifname + " of container " + plan.owner.container, [&] {
    netlink::links::Veth cable = create_under_free_name(host, plan);
    try {
      refuse_router_advertisements(cable.host);
      if (plan.master == 0) skip_duplicate_detection(cable.host.name);  // a bridge port needs no address
    } catch (...) {
      links::remove(host, cable.host.index, cable.host.name);
      throw;
    }
    return cable;
  });
}

void refuse_router_advertisements(const netlink::Link& link) {
  if (link.accept_ra == 0) return;
  // Absent key: no IPv6 on this host, so nobody listens to advertisements either (CVE-2020-10749).
  os::sysctl::set("net/ipv6/conf/" + link.name + "/accept_ra", "0");
}

void skip_duplicate_detection(const std::string& ifname) {
  try {
    os::sysctl::ensure("net/ipv6/conf/" + ifname + "/accept_dad", "0");
  } catch (const Error&) {
    // A comfort: without it IPv6 starts a second later.
  }
}

void enable_forwarding(const std::vector<net::Ip>& addresses, const netlink::links::View& host) {
  const auto any_of = [&](bool v4) {
    return std::any_of(addresses.begin(), addresses.end(), [v4](const net::Ip& ip) { return ip.is_v4() == v4; });
  };
  if (any_of(true) && !host.forwards_v4) os::sysctl::ensure("net/ipv4/ip_forward", "1");
  if (any_of(false) && !host.forwards_v6) os::sysctl::ensure("net/ipv6/conf/all/forwarding", "1");
}

std::optional<netlink::Link> find_host_end(netlink::Socket& host, const Owner& owner,
                                           const std::string& recorded_name) {
  if (!recorded_name.empty()) {
    if (auto link = links::find(host, recorded_name); link && belongs_to(*link, owner)) return link;
  }
  for (unsigned candidate = 0; candidate < kCandidates; ++candidate) {
    auto link = links::find(host, owner.host_ifname(candidate));
    if (!link) return std::nullopt;
    if (belongs_to(*link, owner)) return link;
  }
  return std::nullopt;
}

bool remove_host_end(netlink::Socket& host, const Owner& owner, const std::string& recorded_name, Return when) {
  const auto link = find_host_end(host, owner, recorded_name);
  if (!link) return false;
  return when == Return::early ? links::remove_early(host, *link) : links::remove(host, link->index, {});
}

void collect_host_ends(netlink::Socket& host, const std::string& network, const Owners& valid, const Owners& stale) {
  const auto keep = sorted_tags(valid);
  std::vector<std::string>
      untagged_names;  // of links that were made, and whose maker was killed before it could tag them
  for (const Owner& owner : stale) untagged_names.push_back(owner.host_ifname());
  std::sort(untagged_names.begin(), untagged_names.end());
  const auto goes = [&](const netlink::Link& link) {
    if (link.kind != "veth") return false;
    if (link.alias.empty()) return std::binary_search(untagged_names.begin(), untagged_names.end(), link.name);
    return Owner::tag_is_of_network(link.alias, network) && !std::binary_search(keep.begin(), keep.end(), link.alias);
  };
  const auto all = links::list(host);
  std::vector<netlink::Link> gone;
  std::copy_if(all.begin(), all.end(), std::back_inserter(gone), goes);
  links::remove_all(host, gone, all);
}

bool is_dead_by_tag(const std::string& tag) {
  for (const char* plugin : {"bridge", "veth", "portmap"}) {
    const auto record = Records{plugin}.find_by_tag(tag);
    if (record && is_dead(*record)) return true;
  }
  return false;
}

}  // namespace patchbay::attach
