// SPDX-License-Identifier: Apache-2.0
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "test/bench/floor/floor.hpp"
#include "test/bench/floor/netlink.hpp"

namespace floor_limit {

namespace {

constexpr std::uint32_t kOneQueue = 1;  // saves two grace periods: the queues need not be reduced

ifinfomsg link(int index, unsigned flags) {
  ifinfomsg header{};
  header.ifi_index = index;
  header.ifi_flags = flags;
  header.ifi_change = flags;
  return header;
}

void queues(Batch& batch) {
  batch.attribute(IFLA_NUM_TX_QUEUES, kOneQueue);
  batch.attribute(IFLA_NUM_RX_QUEUES, kOneQueue);
}

// NLM_F_ECHO answers with the link as it came to be.
Cable read_cable(const nlmsghdr* message) {
  Cable cable{at<ifinfomsg>(message, sizeof(nlmsghdr))->ifi_index, 0};
  each_attribute(message, sizeof(ifinfomsg), [&](unsigned type, const char* value, std::size_t) {
    if (type == IFLA_LINK) cable.container_index = *at<int>(value, 0);
  });
  return cable;
}

bool is_removal_of(const nlmsghdr* message, std::string_view name) {
  // The bridge says first, as AF_BRIDGE, that a port left.
  if (message->nlmsg_type != RTM_DELLINK || at<ifinfomsg>(message, sizeof(nlmsghdr))->ifi_family != AF_UNSPEC) {
    return false;
  }
  bool found = false;
  each_attribute(message, sizeof(ifinfomsg), [&](unsigned type, const char* value, std::size_t size) {
    if (type == IFLA_IFNAME) found = std::string_view{value, size - 1} == name;
  });
  return found;
}

// Until it is gone from both namespaces: the kernel unlists both ends before it tells of either.
void await_removal(int socket, std::string_view name) {
  alignas(nlmsghdr) char buffer[16384];
  pollfd readable{socket, POLLIN, 0};
  for (;;) {
    if (poll(&readable, 1, 2000) <= 0) fail("no news of the link", ETIMEDOUT);
    const long size = receive(socket, buffer, sizeof buffer);
    if (size == -ENOBUFS) break;  // news were lost
    bool gone = false;
    if (size > 0) {
      each_message(buffer, static_cast<std::size_t>(size),
                   [&](const nlmsghdr* message) { gone = gone || is_removal_of(message, name); });
    }
    if (gone) return;
  }
  char copy[IFNAMSIZ] = {};
  name.copy(copy, sizeof copy - 1);
  const timespec pause{0, 1'000'000};
  while (if_nametoindex(copy) != 0) nanosleep(&pause, nullptr);
}

}  // namespace

Cable create_veth(int socket, std::string_view host_end, int bridge_index, int netns, std::string_view ifname) {
  Batch batch;
  batch.begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ECHO | NLM_F_ACK, link(0, IFF_UP));
  batch.text(IFLA_IFNAME, host_end);
  batch.attribute(IFLA_MASTER, bridge_index);
  queues(batch);
  const auto info = batch.nest(IFLA_LINKINFO);
  batch.text(IFLA_INFO_KIND, "veth");
  const auto data = batch.nest(IFLA_INFO_DATA);
  const auto peer = batch.nest(VETH_INFO_PEER);
  const auto peer_header = link(0, 0);
  batch.append(&peer_header, sizeof peer_header);
  batch.text(IFLA_IFNAME, ifname);
  batch.attribute(IFLA_NET_NS_FD, netns);
  queues(batch);
  batch.close(peer);
  batch.close(data);
  batch.close(info);
  batch.end();
  send(socket, batch);
  Cable cable{};
  const int error = await_ack(socket, [&](const nlmsghdr* message) { cable = read_cable(message); });
  if (error != 0) fail("veth", error);
  return cable;
}

void configure_container(int netns, int index, const Ipv4& address, int prefix, const Ipv4* gateway) {
  if (setns(netns, CLONE_NEWNET) != 0) fail("setns", errno);
  Batch batch;
  batch.begin(RTM_NEWLINK, 0, link(1, IFF_UP));
  batch.end();
  batch.begin(RTM_NEWLINK, 0, link(index, IFF_UP));
  batch.end();
  ifaddrmsg as_address{};
  as_address.ifa_family = AF_INET;
  as_address.ifa_prefixlen = static_cast<std::uint8_t>(prefix);
  as_address.ifa_index = static_cast<std::uint32_t>(index);
  batch.begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL | (gateway == nullptr ? NLM_F_ACK : 0), as_address);
  batch.attribute(IFA_LOCAL, address);
  batch.end();
  if (gateway != nullptr) {
    rtmsg route{};
    route.rtm_family = AF_INET;
    route.rtm_table = RT_TABLE_MAIN;
    route.rtm_protocol = RTPROT_BOOT;
    route.rtm_type = RTN_UNICAST;
    batch.begin(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, route);
    batch.attribute(RTA_GATEWAY, *gateway);
    batch.end();
  }
  const int socket = open_socket(NETLINK_ROUTE);
  send(socket, batch);
  if (const int error = await_ack(socket); error != 0) fail("inside the container", error);
}

// RTM_DELLINK is acknowledged only after the kernel has freed the memory, most of 20 ms after the link
// is gone. A detached child waits for that; the benchmark adds its CPU time to ours.
void remove_veth(std::string_view host_end) {
  const int news = open_socket(NETLINK_ROUTE, RTMGRP_LINK);
  const pid_t child = fork();
  if (child < 0) fail("fork", errno);
  if (child > 0) return await_removal(news, host_end);
  for (const int inherited : {0, 1, 2, news}) close(inherited);
  Batch batch;
  batch.begin(RTM_DELLINK, NLM_F_ACK, link(0, 0));
  batch.text(IFLA_IFNAME, host_end);
  batch.end();
  const int socket = open_socket(NETLINK_ROUTE);
  send(socket, batch);
  _exit(await_ack(socket) == 0 ? 0 : 1);
}

}  // namespace floor_limit
