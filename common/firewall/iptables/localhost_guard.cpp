// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/localhost_guard.hpp"

#include <algorithm>

#include "common/firewall/iptables/names.hpp"
#include "common/os/file.hpp"
#include "common/os/sysctl.hpp"

namespace patchbay::firewall::iptables {

Rule localhost_guard(net::Family family) {
  return {.chain = kPrerouting,
          .destination = Subnet{*net::Cidr::parse(family == net::Family::v4 ? "127.0.0.0/8" : "::1/128")},
          .in = Interface{"lo", true},
          .matches = {Comment{"patchbay: localhost is not for neighbours"}},
          .target = Drop{}};
}

bool has_localhost_guard(const Table& raw) {
  const auto rules = raw.rules(kPrerouting);
  return std::ranges::find(rules, localhost_guard(raw.family())) != rules.end();
}

void ensure_localhost_guard(Table& raw) { ensure_first(raw, localhost_guard(raw.family())); }

void remove_localhost_guard(Table& raw) {
  erase_if(raw, kPrerouting, [guard = localhost_guard(raw.family())](const Rule& rule) { return rule == guard; });
}

bool needs_localhost_guard(const Intents& intents, net::Family family) {
  if (!intents.port_forwards) return false;
  return std::ranges::any_of(intents.port_forwards->families, [family](const PortForward& forward) {
    return forward.container.family() == family && !forward.ports.empty();
  });
}

bool localhost_is_routed() {
  const auto interfaces = os::Directory::find("/proc/sys/net/ipv4/conf");
  if (!interfaces) return false;
  const auto names = interfaces->directories();
  return std::ranges::any_of(names, [](const std::string& name) {
    if (name == "lo" || name == "default") return false;
    return os::sysctl::find("net/ipv4/conf/" + name + "/route_localnet") == "1";
  });
}

}  // namespace patchbay::firewall::iptables
