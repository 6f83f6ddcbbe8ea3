// SPDX-License-Identifier: Apache-2.0
#include "plugins/main/loopback/loopback.hpp"

#include <algorithm>
#include <optional>

#include "common/attach/container.hpp"
#include "common/base/error.hpp"
#include "common/base/rollback.hpp"
#include "common/netlink/address.hpp"

namespace patchbay::loopback {
namespace {

namespace links = netlink::links;

constexpr const char* kName = "lo";

// The first address of each family, IPv4 first, as the reference reports them.
std::vector<contract::IpConfig> loopback_addresses(netlink::Socket& inside, int index) {
  std::optional<net::Cidr> v4, v6;
  for (const auto& present : netlink::addresses::list(inside, index)) {
    const net::Cidr& address = present.address;
    if (!address.ip.is_loopback()) {
      throw Error{Code::invalid_netns, "loopback interface found with non-loopback address " + address.to_string()}
          .expected("127.0.0.0/8 and ::1 only")
          .hint("`ip -n NETNS addr del " + address.to_string() + " dev lo`");
    }
    auto& first = address.ip.is_v4() ? v4 : v6;
    if (!first) first = address;
  }
  std::vector<contract::IpConfig> ips;
  if (v4) ips.push_back({.address = *v4, .interface = 0});
  if (v6) ips.push_back({.address = *v6, .interface = 0});
  return ips;
}

}  // namespace

contract::Result add(const contract::Request& request) {
  auto previous = request.previous_result();
  attach::Container container = attach::open_container(request);
  const netlink::Link lo = links::get(container.socket, kName);
  Rollback undo;
  // Before the step: its answer may get lost.
  if (!lo.up) undo.add("take lo down", [&] { container.socket.transact(links::set_down(lo.index, kName)); });
  container.socket.transact(links::set_up(lo.index, kName));
  contract::Result result{.interfaces = {{.name = kName, .mac = net::Mac{}.to_string(), .sandbox = request.netns}},
                          .ips = loopback_addresses(container.socket, lo.index)};
  undo.commit();
  return previous ? *std::move(previous) : std::move(result);
}

void del(const contract::Request& request) {
  auto container = attach::find_container(request.netns, request);
  if (!container) return;
  const auto lo = links::find(container->socket, kName);
  if (lo && lo->up) container->socket.transact(links::set_down(lo->index, kName));
}

void check(const contract::Request& request) {
  attach::Container container = attach::open_container(request);
  if (links::get(container.socket, kName).up) return;
  throw Error{Code::drift, "loopback interface is down"}.hint("`ip -n NETNS link set lo up`");
}

void gc(const contract::Request& /*request*/) {}

void status(const contract::Request& /*request*/) {}

os::Capabilities needs(contract::Command command) {
  if (command == contract::Command::gc || command == contract::Command::status) return {};
  return os::kToReachFiles | os::kToSeeNamespaces | os::kToEnterNamespaces | os::kToChangeNetwork;
}

}  // namespace patchbay::loopback
