// SPDX-License-Identifier: Apache-2.0
// portmap's configuration, validated.
#pragma once

#include <optional>
#include <vector>

#include "common/contract/request.hpp"
#include "common/firewall/intent.hpp"

namespace patchbay::portmap {

struct Config {
  std::optional<firewall::Backend> backend;  // as configured, or as the conditions' syntax implies
  bool snat = true;
  bool masquerade_all = false;
  unsigned mark_bit = 13;
  std::string external_set_mark_chain;
  std::vector<firewall::Condition> conditions_v4, conditions_v6;
  std::vector<firewall::HostPort> ports;
};

// Throws invalid_config or decode_failure with the JSON pointer of the culprit.
Config parse_config(const contract::Request& request);

// What is to be forwarded to the container's first address of each family. Throws invalid_config
// when a port is bound to a host address of a family that the container does not have.
firewall::PortForwards wanted_forwards(const Config& config, const contract::Result& result, const std::string& ifname);

}  // namespace patchbay::portmap
