// SPDX-License-Identifier: Apache-2.0
// The bridge plugin's configuration, validated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/contract/request.hpp"
#include "common/firewall/intent.hpp"
#include "common/net/mac.hpp"

namespace patchbay::bridge {

struct Config {
  std::string bridge = "cni0";
  bool is_gateway = false;
  bool is_default_gateway = false;  // implies is_gateway
  bool force_address = false;
  bool ip_masq = false;
  std::optional<firewall::Backend> backend;
  unsigned mtu = 0;  // 0: the kernel's choice
  bool hairpin = false;
  bool promiscuous = false;
  std::uint16_t vlan = 0;            // access VLAN; 0: none
  std::vector<std::uint16_t> trunk;  // tagged VLANs, sorted, unique
  bool vlan_filtering = false;       // a VLAN key is present
  bool preserve_default_vlan = false;
  bool mac_spoof_check = false;
  bool detect_duplicates = false;  // enabledad
  bool container_interface_up = true;
  bool isolated = false;
  std::optional<net::Mac> mac;       // of the container's end
  std::optional<contract::Dns> dns;  // replaces the IPAM's when any of its keys is given
  std::optional<std::string> ipam;   // type; nullopt: pure layer 2

  // The name of the interface that carries the gateway address of an access VLAN.
  [[nodiscard]] std::string vlan_gateway_name() const { return bridge + "." + std::to_string(vlan); }
};

// Throws invalid_config or decode_failure with the JSON pointer of the culprit.
Config parse_config(const contract::Request& request);

}  // namespace patchbay::bridge
