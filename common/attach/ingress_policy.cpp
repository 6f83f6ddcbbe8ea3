// SPDX-License-Identifier: Apache-2.0
#include "common/attach/ingress_policy.hpp"

#include <algorithm>

#include "common/attach/record.hpp"
#include "common/base/error_list.hpp"
#include "common/firewall/firewall.hpp"
#include "common/netlink/link.hpp"

namespace patchbay::attach {
namespace {

constexpr unsigned kDirectoryMode = 0700, kLockMode = 0600;

bool is_recorded(const std::string& bridge, const Owner& leaving) {
  return Records{kFirewallPlugin}.any(leaving.network, [&](const Record& record) {
    const bool names_it = record.acceptance && record.acceptance->policy && record.acceptance->policy->bridge == bridge;
    return names_it && record.owner != leaving;
  });
}

// Containers that the reference suite has attached have cables without an alias.
bool has_ports_of_others(const std::string& bridge) {
  netlink::Socket host;
  const auto link = netlink::links::find(host, bridge);
  if (!link) return false;
  const auto ports = netlink::links::list(host, "veth", link->index);
  return std::any_of(ports.begin(), ports.end(), [](const netlink::Link& port) { return port.alias.empty(); });
}

}  // namespace

os::FileLock lock_ingress_policies() {
  return os::FileLock::acquire(os::Directory::ensure(kRunDirectory, kDirectoryMode), "ingress-policies.lock", kLockMode,
                               os::kLockPatience);
}

void leave_ingress_policy(const std::string& bridge, const Owner& leaving) {
  if (!is_recorded(bridge, leaving) && !has_ports_of_others(bridge)) firewall::lift(bridge);
}

void lift_idle_ingress_policies() {
  if (firewall::confined_bridges().empty()) return;
  const os::FileLock lock = lock_ingress_policies();
  ErrorList failures;
  for (const std::string& bridge : firewall::confined_bridges()) {
    failures.attempt("lift the ingress policy of " + bridge, [&] { leave_ingress_policy(bridge, {}); });
  }
  failures.throw_if_any();
}

}  // namespace patchbay::attach
