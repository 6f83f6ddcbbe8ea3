// SPDX-License-Identifier: Apache-2.0
// The container's side: its namespace, its interface, addresses and routes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/contract/request.hpp"
#include "common/contract/result.hpp"
#include "common/netlink/link.hpp"
#include "common/netlink/route.hpp"
#include "common/os/netns.hpp"

namespace patchbay::attach {

// The container as ADD sees it: namespace verified, one socket born inside.
struct Container {
  os::Netns netns;
  netlink::Socket socket;
  std::string ifname;
};
Container open_container(const contract::Request& request);  // throws invalid_netns
// The same for ADD: throws interface_exists, before anything is changed, when CNI_IFNAME is taken.
Container open_container_for_add(const contract::Request& request);
// DEL: nullopt when nothing is there any more, or `path` is empty.
std::optional<Container> find_container(const std::string& path, const contract::Request& request);

struct InterfaceSetup {
  int index = 0;
  std::string name;
  std::vector<contract::IpConfig> ips;  // all of them for this interface
  std::vector<contract::Route> routes;  // gateway defaults to the family's first gateway
  bool detect_duplicates = false;       // IPv6 DAD
  // Let the kernel announce the addresses when the interface comes up, and whenever it is asked to
  // (links::announce): arp_notify, ndisc_notify.
  bool announce = false;
};
// Up, addresses, routes: one batch. IPv6 is enabled on the interface when it is off and needed.
// With duplicate detection, waits for its outcome and fails on a duplicate.
void configure_interface(Container& container, const InterfaceSetup& setup);

// A route of a result as the kernel gets it: the family's first gateway unless it names its own.
netlink::Route to_netlink(const contract::Route& route, int link, const std::vector<contract::IpConfig>& ips);

// CHECK: throws drift naming the first thing that is not as `result` says: addresses of `ifname`
// (only those of its interface index), routes (main table, or the route's own). Routes and addresses that
// a later plugin added do not matter; routes that a later plugin moved to another table are found there.
void check_addresses_and_routes(Container& container, const netlink::Link& link, const contract::Result& result);

// CHECK: throws drift unless the container has this route, in whatever table.
void check_route(Container& container, const netlink::Route& wanted);

// CHECK: the interface of prevResult that stands for the container end; throws drift on mismatch of
// sandbox, existence, kind or MAC.
netlink::Link check_container_interface(Container& container, const contract::Request& request,
                                        const contract::Result& result, const std::string& kind);

}  // namespace patchbay::attach
