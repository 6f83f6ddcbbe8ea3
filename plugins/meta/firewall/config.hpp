// SPDX-License-Identifier: Apache-2.0
// What a network configuration says to firewall, validated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/contract/request.hpp"
#include "common/contract/result.hpp"
#include "common/firewall/intent.hpp"

namespace patchbay::firewall_plugin {

// Whether containers are accepted by firewalld instead of the packet filter.
enum class Firewalld : std::uint8_t { never, where_it_runs, always };

struct Config {
  std::optional<firewall::Backend> backend;  // nullopt: to be chosen
  Firewalld firewalld{};
  std::string admin_chain = firewall::kDefaultAdminChain;
  std::string firewalld_zone;
  firewall::Ingress ingress{};
};
Config parse_config(const contract::Request& request);

// What the result of the plugins before makes of it: their addresses, and the bridge that an ingress policy
// is for.
firewall::Forwarding wanted_forwarding(const Config& config, const contract::Result& result);

}  // namespace patchbay::firewall_plugin
