// SPDX-License-Identifier: Apache-2.0
// Links, addresses, routes, queues and permanent neighbours: what somebody has made, not what follows from it.
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "test/faults/state/dump.hpp"
#include "test/faults/state/state.hpp"

namespace patchbay::faults {
namespace {

template <typename Pod>
Bytes bytes_of(const Pod& pod) {
  return {reinterpret_cast<const std::uint8_t*>(&pod), sizeof pod};
}

std::string link_line(Bytes payload) {
  const auto link = head<ifinfomsg>(payload);
  const auto all = attributes(payload.subspan(NLMSG_ALIGN(sizeof link)));
  std::string kind;
  if (const auto info = all.find(IFLA_LINKINFO); info != all.end()) {
    kind = shown(attributes(info->second), {IFLA_INFO_KIND});
  }
  return " link " + std::to_string(link.ifi_index) + ((link.ifi_flags & IFF_UP) != 0 ? " up" : " down") +
         ((link.ifi_flags & IFF_PROMISC) != 0 ? " promisc" : "") + kind +
         shown(all, {IFLA_IFNAME, IFLA_ADDRESS, IFLA_MTU, IFLA_MASTER, IFLA_IFALIAS, IFLA_GROUP, IFLA_LINK});
}

// "" for what the kernel makes by itself.
std::string address_line(Bytes payload) {
  const auto address = head<ifaddrmsg>(payload);
  if (address.ifa_family == AF_INET6 && address.ifa_scope == RT_SCOPE_LINK) return {};
  return " address " + std::to_string(address.ifa_index) + "/" + std::to_string(address.ifa_prefixlen) +
         shown(attributes(payload.subspan(NLMSG_ALIGN(sizeof address))), {IFA_ADDRESS, IFA_LOCAL});
}

std::string route_line(Bytes payload) {
  const auto route = head<rtmsg>(payload);
  if (route.rtm_protocol == RTPROT_KERNEL) return {};
  return " route " + std::to_string(route.rtm_dst_len) + " table " + std::to_string(route.rtm_table) + " scope " +
         std::to_string(route.rtm_scope) +
         shown(attributes(payload.subspan(NLMSG_ALIGN(sizeof route))),
               {RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_PREFSRC, RTA_PRIORITY});
}

std::string neighbour_line(Bytes payload) {
  const auto neighbour = head<ndmsg>(payload);
  if ((neighbour.ndm_state & NUD_PERMANENT) == 0 || neighbour.ndm_family == AF_BRIDGE) return {};
  return " neighbour " + std::to_string(neighbour.ndm_ifindex) +
         shown(attributes(payload.subspan(NLMSG_ALIGN(sizeof neighbour))), {NDA_DST, NDA_LLADDR});
}

// "" for those that every link has from the kernel.
std::string queue_line(Bytes payload) {
  const auto queue = head<tcmsg>(payload);
  if (queue.tcm_handle == 0) return {};
  return " queue " + std::to_string(queue.tcm_ifindex) + " under " + std::to_string(queue.tcm_parent) +
         shown(attributes(payload.subspan(NLMSG_ALIGN(sizeof queue))), {TCA_KIND, TCA_OPTIONS});
}

}  // namespace

void read_links(State& to, const std::string& prefix) {
  Lister lister{NETLINK_ROUTE};
  const auto add = [&](const std::string& line) {
    if (!line.empty()) to.insert(prefix + line);
  };
  lister.list(RTM_GETLINK, bytes_of(ifinfomsg{}), [&](std::uint16_t, Bytes payload) { add(link_line(payload)); });
  lister.list(RTM_GETADDR, bytes_of(ifaddrmsg{}), [&](std::uint16_t, Bytes payload) { add(address_line(payload)); });
  lister.list(RTM_GETROUTE, bytes_of(rtmsg{}), [&](std::uint16_t, Bytes payload) { add(route_line(payload)); });
  lister.list(RTM_GETQDISC, bytes_of(tcmsg{}), [&](std::uint16_t, Bytes payload) { add(queue_line(payload)); });
  lister.list(RTM_GETNEIGH, bytes_of(ndmsg{}), [&](std::uint16_t, Bytes payload) { add(neighbour_line(payload)); });
}

}  // namespace patchbay::faults
