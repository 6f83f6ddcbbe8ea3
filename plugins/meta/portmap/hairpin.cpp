// SPDX-License-Identifier: Apache-2.0
#include "plugins/meta/portmap/hairpin.hpp"

#include "common/os/sysctl.hpp"

namespace patchbay::portmap {
namespace {

bool bridges_call_netfilter() {
  return os::sysctl::find("net/bridge/bridge-nf-call-iptables") == "1" ||
         os::sysctl::find("net/bridge/bridge-nf-call-ip6tables") == "1";
}

}  // namespace

void let_container_reach_itself(netlink::Socket& host, const std::vector<netlink::Link>& links) {
  std::vector<netlink::Request> changes;
  for (const netlink::Link& link : links) {
    if (!link.port || link.port->hairpin) continue;
    changes.push_back(
        netlink::links::set_port_options(link.index, {.hairpin = true, .isolated = link.port->isolated}, link.name));
  }
  if (!changes.empty() && bridges_call_netfilter()) host.transact(std::move(changes));
}

}  // namespace patchbay::portmap
