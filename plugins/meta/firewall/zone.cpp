// SPDX-License-Identifier: Apache-2.0
#include "plugins/meta/firewall/zone.hpp"

#include "common/base/error.hpp"
#include "common/firewall/firewalld/firewalld.hpp"
#include "common/ipam/store.hpp"
#include "common/os/file.hpp"

namespace patchbay::firewall_plugin {
namespace {

constexpr const char* kLeases = "/var/lib/cni/networks";  // a plugin behind bridge does not know another dataDir

std::optional<Config> config_of(const contract::Request& request) {
  try {
    return parse_config(request);
  } catch (const Error&) {
    return std::nullopt;  // no reason for DEL to fail
  }
}

std::vector<net::Cidr> leased(const Owner& owner) {
  std::vector<net::Cidr> addresses;
  const auto store = ipam::Store::find(kLeases, owner.network);
  if (!store) return addresses;
  for (const net::Ip& ip : store->held_by(owner, true)) addresses.push_back(net::Cidr::host(ip));
  return addresses;
}

}  // namespace

std::string choose_zone(const Config& config) {
  const bool firewalld = config.firewalld == Firewalld::always ||
                         (config.firewalld == Firewalld::where_it_runs && firewall::firewalld::runs_here());
  return firewalld ? config.firewalld_zone : std::string{};
}

std::string chosen_zone(const Config& config, const std::optional<attach::Record>& record) {
  const bool tells = record && record->boot == os::boot_id() && record->acceptance;
  if (tells && config.firewalld == Firewalld::where_it_runs) return record->acceptance->firewalld_zone;
  return choose_zone(config);
}

void add_unrecorded(std::optional<firewall::Forwarding>& told, const contract::Request& request) {
  const auto config = config_of(request);
  std::string zone = config ? choose_zone(*config) : std::string{};
  if (zone.empty()) return;
  if (!told) {
    told.emplace();
    told->addresses = leased(request.owner);
  }
  told->firewalld_zone = std::move(zone);
}

}  // namespace patchbay::firewall_plugin
