// SPDX-License-Identifier: Apache-2.0
#include "plugins/meta/firewall/firewall.hpp"

#include <algorithm>

#include "common/attach/detach.hpp"
#include "common/attach/host.hpp"
#include "common/attach/ingress_policy.hpp"
#include "common/attach/readiness.hpp"
#include "common/attach/record.hpp"
#include "common/attach/zone.hpp"
#include "common/base/error_list.hpp"
#include "common/base/rollback.hpp"
#include "common/contract/run.hpp"
#include "common/firewall/firewall.hpp"
#include "common/firewall/firewalld/firewalld.hpp"
#include "common/ipam/namespaces.hpp"
#include "common/netlink/link.hpp"
#include "common/os/file.hpp"
#include "plugins/meta/firewall/config.hpp"
#include "plugins/meta/firewall/zone.hpp"

namespace patchbay::firewall_plugin {
namespace {

using firewall::Kind;

attach::Records records() { return attach::Records{attach::kFirewallPlugin}; }

// The attachment's ports of the bridge that isolates: between those, packets never come to this host's routing.
std::optional<firewall::PortIsolation> wanted_isolation(const firewall::Forwarding& forwarding,
                                                        const contract::Result& result) {
  if (!forwarding.policy || forwarding.policy->ingress != firewall::Ingress::isolated) return std::nullopt;
  std::vector<std::string> names;
  for (const contract::Interface& interface : result.interfaces) {
    if (interface.sandbox.empty() && !interface.name.empty()) names.push_back(interface.name);
  }
  netlink::Socket host;
  const auto links = netlink::links::find_all(host, names);
  const auto bridge = std::ranges::find(links, forwarding.policy->bridge, &netlink::Link::name);
  firewall::PortIsolation isolation;
  for (const netlink::Link& link : links) {
    if (bridge != links.end() && link.master == bridge->index) isolation.ports.push_back(link.name);
  }
  return isolation.ports.empty() ? std::nullopt : std::optional{isolation};
}

firewall::Intents wanted_intents(const Config& config, const contract::Result& result, std::string zone) {
  firewall::Intents intents;
  intents.forwarding = wanted_forwarding(config, result);
  intents.forwarding->firewalld_zone = std::move(zone);
  intents.isolation = wanted_isolation(*intents.forwarding, result);
  return intents;
}

bool is_nothing(const firewall::Intents& intents) {
  return intents.forwarding->addresses.empty() && !intents.forwarding->policy && !intents.isolation;
}

// Which one does not matter where firewalld leaves nothing for either, and finding out takes time.
std::optional<firewall::Backend> configured_backend(const Config& config, const firewall::Intents& wanted) {
  return wanted.forwarding->is_left_to_firewalld() ? firewall::Backend::nftables : config.backend;
}

attach::Record record_of(const contract::Request& request, const Config& config, const firewall::Intents& wanted) {
  attach::Record record = attach::begin_record(request, ipam::namespace_at(request.netns));
  record.addresses = wanted.forwarding->addresses;
  record.addresses_known = true;
  record.acceptance = wanted.forwarding;
  record.acceptance->addresses.clear();
  if (wanted.isolation) record.isolated_ports = wanted.isolation->ports;
  std::vector<net::Family> families;
  for (const net::Cidr& address : record.addresses) families.push_back(address.family());
  record.backend = firewall::choose(configured_backend(config, wanted), families);
  return record;
}

// What a request tells by itself; nothing when it cannot be understood, which is no reason to keep the rules.
std::optional<firewall::Forwarding> forwarding_of_request(const contract::Request& request) {
  try {
    const auto previous = request.previous_result();
    if (!previous) return std::nullopt;
    return wanted_forwarding(parse_config(request), *previous);
  } catch (const Error&) {
    return std::nullopt;
  }
}

// Whose rules to look for, by the record when there is one of this boot, otherwise by tags and numbers.
firewall::Hints hints_of(const std::optional<attach::Record>& record) {
  if (!record || record->boot != os::boot_id()) return {};
  return {.addresses = record->addresses,
          .ports = {},
          .isolated_ports = record->isolated_ports,
          .complete = true,
          .backend = record->backend};
}

// What holds beyond the container's own rules.
struct Ties {
  std::optional<std::string> bridge;  // whose policy it counts on
  std::string zone;                   // of firewalld; empty: none
};

Ties ties_of(const std::optional<firewall::Forwarding>& forwarding) {
  Ties ties;
  if (!forwarding) return ties;
  if (forwarding->policy) ties.bridge = forwarding->policy->bridge;
  ties.zone = forwarding->firewalld_zone;
  return ties;
}

// Rules first, the record last: while it is there, the bridge's policy is counted on.
void remove(const Owner& owner, const firewall::Hints& hints, const Ties& ties) {
  std::optional<os::FileLock> lock;
  if (ties.bridge) lock = attach::lock_ingress_policies();
  ErrorList failures;
  failures.attempt("remove rules", [&] { firewall::remove(owner, {Kind::forward, Kind::isolation}, hints); });
  failures.attempt("leave the zone", [&] { attach::leave_zone(ties.zone, hints.addresses, owner); });
  if (ties.bridge) failures.attempt("leave ingress policy", [&] { attach::leave_ingress_policy(*ties.bridge, owner); });
  if (failures.empty()) failures.attempt("remove the attachment record", [&] { records().remove(owner); });
  failures.throw_if_any();
}

void remove(const attach::Record& record) { remove(record.owner, hints_of(record), ties_of(record.acceptance)); }

}  // namespace

contract::Result add(const contract::Request& request) {
  const Config config = parse_config(request);
  contract::Result result = request.required_previous_result();
  const firewall::Intents wanted = wanted_intents(config, result, choose_zone(config));
  if (is_nothing(wanted)) return result;
  firewall::prepare_forwarding();

  if (const auto leftover = records().find(request.owner)) remove(*leftover);
  const attach::Record record = record_of(request, config, wanted);
  Rollback undo;
  undo.add("let nothing through", [&] { remove(record); });
  {
    std::optional<os::FileLock> lock;
    if (wanted.forwarding->policy) lock = attach::lock_ingress_policies();
    records().write(record);
    firewall::apply(*record.backend, request.owner, wanted, attach::is_dead_by_tag);
  }
  contract::stop_if_asked();
  undo.commit();
  return result;
}

void del(const contract::Request& request) {
  ErrorList failures;
  std::optional<attach::Record> record;
  failures.attempt("read the attachment record", [&] { record = records().find(request.owner); });
  firewall::Hints hints = hints_of(record);
  auto told = forwarding_of_request(request);
  if (!record) failures.attempt("look for firewalld", [&] { add_unrecorded(told, request); });
  if (told) {  // the reference suite, which keeps no records, may have served the attachment since
    for (const net::Cidr& address : told->addresses) {
      if (std::ranges::find(hints.addresses, address) == hints.addresses.end()) hints.addresses.push_back(address);
    }
  }
  const Ties ties = ties_of(record ? record->acceptance : told);
  failures.attempt("let nothing through", [&] { remove(request.owner, hints, ties); });
  failures.throw_if_any();
}

void check(const contract::Request& request) {
  const Config config = parse_config(request);
  const firewall::Intents wanted =
      wanted_intents(config, request.required_previous_result(), chosen_zone(config, records().find(request.owner)));
  if (!is_nothing(wanted)) attach::require_rules(request.owner, configured_backend(config, wanted), wanted);
}

void gc(const contract::Request& request) {
  const Owners valid = attach::required_valid_attachments(request);
  const std::string& network = request.owner.network;
  ErrorList failures;
  const auto stale = records().stale(network, valid);
  for (const attach::Record& record : stale.records) {  // rules of iptables do not tell their network
    failures.attempt("remove the rules of " + record.owner.tag(), [&] { remove(record); });
  }
  failures.attempt("remove stale rules", [&] { firewall::collect(network, {Kind::forward, Kind::isolation}, valid); });
  if (failures.empty()) failures.attempt("forget the attachments", [&] { records().remove(network, stale); });
  failures.attempt("lift ingress policies", [] { attach::lift_idle_ingress_policies(); });
  failures.throw_if_any();
}

void status(const contract::Request& request) {
  const Config config = parse_config(request);
  const std::string zone = choose_zone(config);
  if (!zone.empty()) firewall::firewalld::require(zone);
  if (!zone.empty() && config.ingress == firewall::Ingress::open) return;
  std::vector<Kind> kinds{Kind::forward};
  if (config.ingress == firewall::Ingress::isolated) kinds.push_back(Kind::isolation);
  attach::require_firewall(config.backend, kinds);
}

// Whatever the verb, the container itself is never entered.
os::Capabilities needs(contract::Command /*command*/) {
  return os::kToReachFiles | os::kToSeeNamespaces | os::kToFilterPackets;
}

}  // namespace patchbay::firewall_plugin
