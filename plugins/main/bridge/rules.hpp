// SPDX-License-Identifier: Apache-2.0
// What the bridge plugin wants of the packet filter for one container.
#pragma once

#include <string>

#include "common/contract/result.hpp"
#include "common/firewall/intent.hpp"
#include "common/net/mac.hpp"
#include "plugins/main/bridge/config.hpp"

namespace patchbay::bridge {

inline firewall::Intents wanted_rules(const Config& config, const std::string& host_ifname, const net::Mac& mac,
                                      const contract::Result& result) {
  firewall::Intents intents;
  if (config.ip_masq && config.ipam) {
    intents.masquerade.emplace();
    for (const auto& ip : result.ips) intents.masquerade->addresses.push_back(ip.address);
  }
  if (config.mac_spoof_check) intents.mac_spoof = {.host_ifname = host_ifname, .mac = mac};
  return intents;
}

}  // namespace patchbay::bridge
