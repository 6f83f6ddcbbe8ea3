// SPDX-License-Identifier: Apache-2.0
#include "common/attach/container.hpp"

#include <linux/rtnetlink.h>

#include <algorithm>

#include "common/attach/host.hpp"
#include "common/netlink/address.hpp"
#include "common/os/sysctl.hpp"

namespace patchbay::attach {
namespace {

namespace addresses = netlink::addresses;
namespace links = netlink::links;
namespace routes = netlink::routes;

bool is_v6(const contract::IpConfig& ip) { return !ip.address.ip.is_v4(); }

// Runtimes create namespaces with IPv6 switched off when the cluster is IPv4 only.
void enable_ipv6(const Container& container, const std::string& ifname, bool announce) {
  os::inside(container.netns, [&] {
    for (const std::string& name : {std::string{"lo"}, ifname}) {
      os::sysctl::ensure("net/ipv6/conf/" + name + "/disable_ipv6", "0");
    }
    try {
      os::sysctl::set("net/ipv6/conf/" + ifname + "/keep_addr_on_down", "1");
      if (announce) os::sysctl::set("net/ipv6/conf/" + ifname + "/ndisc_notify", "1");
    } catch (const Error&) {
      // Comforts, for those who take the link down and up again and for neighbours with a long memory; a
      // read-only /proc/sys is no reason to fail.
    }
  });
}

std::optional<net::Ip> first_gateway(const std::vector<contract::IpConfig>& ips, net::Family family) {
  for (const contract::IpConfig& ip : ips) {
    if (ip.gateway && ip.gateway->family() == family) return ip.gateway;
  }
  return std::nullopt;
}

// Tentative addresses are not usable; a duplicate is a failure (RFC 4862 section 5.4).
void wait_for_duplicate_detection(Container& container, const InterfaceSetup& setup, netlink::Socket& events) {
  netlink::Socket queries{container.netns};
  const auto settled = [&](const wire::Reply& /*any change is worth a look*/) {
    const auto present = addresses::list(queries, setup.index);
    for (const auto& address : present) {
      if (!address.dad_failed) continue;
      throw Error{Code::kernel_refused, "address " + address.address.to_string() + " is in use by a neighbour"}.hint(
          "another machine on this network answers for it; find it with `ip -6 neigh`");
    }
    return std::none_of(present.begin(), present.end(), [](const auto& address) { return address.tentative; });
  };
  if (settled({})) return;
  if (events.wait_for(os::Deadline::in(std::chrono::seconds{5}), settled)) return;
  throw Error{Code::kernel_refused, "duplicate address detection on " + setup.name + " did not end within 5 s"};
}

bool same_route(const netlink::Route& present, const netlink::Route& wanted) {
  return present.dst == wanted.dst && (!wanted.gateway || present.gateway == wanted.gateway) &&
         (wanted.priority == 0 || present.priority == wanted.priority);
}

Error drift(std::string what) {
  return Error{Code::drift, std::move(what)}.hint("the container's network was changed behind CNI's back");
}

}  // namespace

Container open_container(const contract::Request& request) {
  os::Netns netns = os::Netns::open(request.netns, request.own_netns_allowed);
  netlink::Socket socket{netns};
  return {std::move(netns), std::move(socket), request.owner.ifname};
}

Container open_container_for_add(const contract::Request& request) {
  Container container = open_container(request);
  if (links::find(container.socket, container.ifname)) throw interface_exists(container.ifname);
  return container;
}

std::optional<Container> find_container(const std::string& path, const contract::Request& request) {
  if (path.empty()) return std::nullopt;
  auto netns = os::Netns::find(path, request.own_netns_allowed);
  if (!netns) return std::nullopt;
  netlink::Socket socket{*netns};
  return Container{*std::move(netns), std::move(socket), request.owner.ifname};
}

netlink::Route to_netlink(const contract::Route& route, int link, const std::vector<contract::IpConfig>& ips) {
  return {.dst = route.dst,
          .gateway = route.gw ? route.gw : first_gateway(ips, route.dst.family()),
          .link = link,
          .table = route.table.value_or(RT_TABLE_MAIN),
          .priority = route.priority.value_or(0),
          .scope = static_cast<std::uint8_t>(route.scope.value_or(RT_SCOPE_UNIVERSE)),
          .mtu = route.mtu,
          .advmss = route.advmss};
}

void configure_interface(Container& container, const InterfaceSetup& setup) {
  const bool any_v6 = std::any_of(setup.ips.begin(), setup.ips.end(), is_v6);
  if (any_v6) enable_ipv6(container, setup.name, setup.announce);

  std::vector<netlink::Request> batch;
  batch.push_back(setup.announce ? links::set_up_and_announce(setup.index, setup.name)
                                 : links::set_up(setup.index, setup.name));
  for (const auto& ip : setup.ips) {
    batch.push_back(
        addresses::add(setup.index, ip.address, {.detect_duplicates = setup.detect_duplicates}, setup.name));
  }
  for (const auto& route : setup.routes) {
    batch.push_back(routes::add(to_netlink(route, setup.index, setup.ips), routes::IfPresent::append));
  }
  if (!any_v6 || !setup.detect_duplicates) return container.socket.transact(std::move(batch));

  netlink::Socket events{container.netns};
  events.subscribe(RTNLGRP_IPV6_IFADDR);
  container.socket.transact(std::move(batch));
  wait_for_duplicate_detection(container, setup, events);
}

void check_addresses_and_routes(Container& container, const netlink::Link& link, const contract::Result& result) {
  const auto present = addresses::list(container.socket, link.index);
  for (const auto& ip : result.ips) {
    const bool elsewhere = ip.interface && (*ip.interface >= result.interfaces.size() ||
                                            result.interfaces[*ip.interface].name != link.name);
    if (elsewhere) continue;
    const bool found =
        std::any_of(present.begin(), present.end(), [&](const auto& address) { return address.address == ip.address; });
    if (!found) throw drift("address " + ip.address.to_string() + " is not on " + link.name);
  }
  for (const auto& route : result.routes) check_route(container, to_netlink(route, link.index, result.ips));
}

void check_route(Container& container, const netlink::Route& wanted) {
  // All tables: a later plugin may have moved it to one of its own (source-based routing, a VRF).
  const auto present = routes::list(container.socket, wanted.dst.family(), 0, 0);
  const bool found =
      std::any_of(present.begin(), present.end(), [&](const auto& route) { return same_route(route, wanted); });
  if (found) return;
  throw drift("route " + wanted.dst.to_string() +
              (wanted.gateway ? " via " + wanted.gateway->to_string() : std::string{}) +
              " is missing in the container");
}

netlink::Link check_container_interface(Container& container, const contract::Request& request,
                                        const contract::Result& result, const std::string& kind) {
  const auto& interfaces = result.interfaces;
  const auto expected = std::find_if(interfaces.begin(), interfaces.end(), [&](const contract::Interface& candidate) {
    return candidate.name == container.ifname && !candidate.sandbox.empty();
  });
  if (expected == interfaces.end()) {
    throw Error{Code::invalid_config, "prevResult has no interface " + container.ifname + " inside a sandbox"}.at(
        "/prevResult/interfaces");
  }
  if (expected->sandbox != request.netns) {
    throw drift("prevResult says sandbox " + expected->sandbox + ", CNI_NETNS is " + request.netns);
  }
  auto link = links::find(container.socket, container.ifname);
  if (!link) throw drift("the container has no interface " + container.ifname);
  if (link->kind != kind) throw drift(container.ifname + " is not a " + kind + " but " + link->kind);
  const auto mac = net::Mac::parse(expected->mac);
  if (mac && link->mac != *mac) {
    throw drift(container.ifname + " has MAC " + link->mac.to_string() + ", not " + expected->mac);
  }
  if (expected->mtu != 0 && link->mtu != expected->mtu) {
    throw drift(container.ifname + " has MTU " + std::to_string(link->mtu) + ", not " + std::to_string(expected->mtu));
  }
  return *std::move(link);
}

}  // namespace patchbay::attach
