// SPDX-License-Identifier: Apache-2.0
#include "plugins/meta/portmap/hairpin.hpp"

#include "common/netlink/link.hpp"
#include "common/os/sysctl.hpp"

namespace patchbay::portmap {
namespace {

namespace links = netlink::links;

bool bridges_call_netfilter() {
  return os::sysctl::find("net/bridge/bridge-nf-call-iptables") == "1" ||
         os::sysctl::find("net/bridge/bridge-nf-call-ip6tables") == "1";
}

}  // namespace

void let_container_reach_itself(const contract::Result& result) {
  if (!bridges_call_netfilter()) return;
  netlink::Socket host;
  for (const contract::Interface& interface : result.interfaces) {
    if (!interface.sandbox.empty()) continue;
    const auto link = links::find(host, interface.name);
    if (!link || !link->port || link->port->hairpin) continue;
    host.transact(
        links::set_port_options(link->index, {.hairpin = true, .isolated = link->port->isolated}, link->name));
  }
}

}  // namespace patchbay::portmap
