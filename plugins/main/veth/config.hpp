// SPDX-License-Identifier: Apache-2.0
// The veth (ptp) plugin's configuration, validated.
#pragma once

#include <optional>
#include <string>

#include "common/contract/request.hpp"
#include "common/firewall/intent.hpp"
#include "common/net/mac.hpp"

namespace patchbay::veth {

struct Config {
  bool ip_masq = false;
  std::optional<firewall::Backend> backend;
  unsigned mtu = 0;                  // 0: the kernel's choice
  std::optional<net::Mac> mac;       // of the container's end
  std::optional<contract::Dns> dns;  // replaces the IPAM's when any of its keys is given
  std::optional<std::string> ipam;   // required, except for a cable
  std::string cable;                 // name of a direct cable between two containers; empty: to the host
};

// Throws invalid_config or decode_failure with the JSON pointer of the culprit.
Config parse_config(const contract::Request& request);

// "cable" alone, for DEL, which must work whatever the rest looks like.
std::string cable_name(const contract::Request& request);

}  // namespace patchbay::veth
