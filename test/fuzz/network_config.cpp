// SPDX-License-Identifier: Apache-2.0
// The network configuration of every plugin, with runtimeConfig, args and prevResult.
#include <algorithm>

#include "common/attach/host_local_config.hpp"
#include "common/attach/static_addresses.hpp"
#include "common/contract/detail/configuration.hpp"
#include "plugins/main/bridge/config.hpp"
#include "plugins/main/veth/config.hpp"
#include "plugins/meta/bandwidth/config.hpp"
#include "plugins/meta/firewall/config.hpp"
#include "plugins/meta/portmap/config.hpp"
#include "plugins/meta/tuning/config.hpp"
#include "test/fuzz/fuzz.hpp"

using namespace patchbay;
using namespace patchbay::fuzz;
using contract::Command;
using contract::Request;

namespace {

Request request_of(Command command, const std::string& text) {
  contract::detail::Environment environment{.container_id = "c1",
                                            .netns = "/run/netns/c1",
                                            .ifname = "eth0",
                                            .args = "IgnoreUnknown=1;IP=10.1.2.3;MAC=02:00:00:00:00:01",
                                            .path = "/opt/cni/bin"};
  return make_request(command, std::move(environment), contract::detail::parse_config(text), text);
}

void as_bridge(const Request& request) {
  const auto config = attempt([&] { return bridge::parse_config(request); });
  if (!config) return;
  require(accepts([&] { contract::validate_ifname(config->bridge); }), "the bridge's name is one");
  require(config->vlan <= 4094, "a VLAN is one");
  require(std::adjacent_find(config->trunk.begin(), config->trunk.end(), std::greater_equal{}) == config->trunk.end(),
          "a trunk is sorted and has nothing twice");
  require(!config->is_default_gateway || config->is_gateway, "a default gateway is a gateway");
  if (config->ipam) require(config->ipam->find('/') == std::string::npos, "no path is an IPAM type (CVE-2021-20206)");
}

void as_veth(const Request& request) {
  const auto config = attempt([&] { return veth::parse_config(request); });
  if (config) require(config->ipam || !config->cable.empty(), "a cable to the host has addresses");
}

void as_portmap(const Request& request) {
  const auto config = attempt([&] { return portmap::parse_config(request); });
  if (!config) return;
  for (const auto& port : config->ports) require(port.host_port != 0 && port.container_port != 0, "0 is no port");
  const auto result = attempt([&] { return request.required_previous_result(); });
  if (!result) return;
  const auto wanted = attempt([&] { return portmap::wanted_forwards(*config, *result, request.owner.ifname); });
  if (!wanted) return;
  require(wanted->families.size() <= 2, "at most one target of each family");
  for (const auto& forward : wanted->families) {
    for (const auto& port : forward.ports) {
      const bool fits = !port.host_ip || port.host_ip->family() == forward.container.family();
      require(fits, "a port leads to a target of its host address's family");
    }
  }
}

void as_host_local(const Request& request) {
  namespace host_local = attach::host_local;
  const auto directory = attempt([&] { return host_local::data_dir(request); });
  if (directory) require(directory->starts_with('/'), "leases are at an absolute path");
  attempt([&] { return host_local::requested_addresses(request); });
  const auto sets = attempt([&] { return host_local::range_sets(request); });
  if (!sets) return;
  require(!sets->empty(), "there is a range");
  for (const auto& set : *sets) {
    for (const auto& range : set) require(range.start <= range.end, "a range begins before it ends");
  }
  // Not with resolvConf: what that file says is another target's.
  const auto ipam = request.config.object("ipam");
  if (ipam && !ipam->has("resolvConf")) attempt([&] { return host_local::fixed_result(request); });
}

void as_static(const Request& request) {
  const auto ips = attempt([&] { return attach::static_addresses::addresses(request); });
  if (!ips) return;
  require(!ips->empty(), "there is an address");
  for (const auto& ip : *ips) require(!ip.address.ip.is_loopback(), "no container has an address of the loopback");
  attempt([&] { return attach::static_addresses::add(request); });
}

void as_tuning(const Request& request) {
  const auto directory = attempt([&] { return tuning::data_dir(request); });
  if (directory) require(directory->starts_with('/'), "backups are at an absolute path");
  const auto config = attempt([&] { return tuning::parse_config(request); });
  if (!config) return;
  for (const auto& one : config->sysctls) {
    require(one.path.starts_with("net/") && one.path.find("/../") == std::string::npos, "settings are below net");
    require(one.value.find('\n') == std::string::npos, "a setting is one line");
  }
}

void as_bandwidth(const Request& request) {
  const auto limits = attempt([&] { return bandwidth::parse_limits(request); });
  if (!limits) return;
  for (const auto& limit : {limits->ingress, limits->egress}) {
    require(!limit || (limit->rate != 0 && limit->burst != 0), "a limit has a rate and a burst");
  }
  require(limits->subnets.list.size() <= 256, "there is a filter for each subnet, and not too many");
}

void as_firewall(const Request& request) {
  const auto config = attempt([&] { return firewall_plugin::parse_config(request); });
  if (!config) return;
  require(!config->admin_chain.empty() && config->admin_chain.size() <= 28, "the administrator's chain has a name");
  require(config->admin_chain.find_first_of(" \n") == std::string::npos, "a chain's name is one word");
  const auto result = attempt([&] { return request.required_previous_result(); });
  if (!result) return;
  const auto wanted = attempt([&] { return firewall_plugin::wanted_forwarding(*config, *result); });
  if (!wanted) return;
  require(wanted->addresses.size() == result->ips.size(), "every address is let through");
  if (wanted->policy)
    require(accepts([&] { contract::validate_ifname(wanted->policy->bridge); }), "a bridge has a name");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{text_of({data, size})};
  if (const auto collect = attempt([&] { return request_of(Command::gc, text); })) {
    attempt([&] { return collect->valid_attachments(); });
  }
  const auto request = attempt([&] { return request_of(Command::add, text); });
  if (!request) return 0;
  require(request->owner.network.find('/') == std::string::npos, "a network's name is no path");
  attempt([&] { return request->previous_result(); });
  as_bridge(*request);
  as_veth(*request);
  as_portmap(*request);
  as_host_local(*request);
  as_static(*request);
  as_tuning(*request);
  as_bandwidth(*request);
  as_firewall(*request);
  return 0;
}
