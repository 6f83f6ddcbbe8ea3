// SPDX-License-Identifier: Apache-2.0
// What a network configuration says to tuning, validated.
#pragma once

#include <string>
#include <vector>

#include "common/contract/request.hpp"
#include "common/netlink/link.hpp"

namespace patchbay::tuning {

struct Sysctl {
  std::string key;   // as the configuration has it, for the allow list and for messages
  std::string path;  // below /proc/sys, always in net/: "net/ipv4/conf/eth0/arp_filter"
  std::string value;
};

struct Config {
  std::vector<Sysctl> sysctls;
  netlink::links::Attributes attributes;  // of the container's interface; promiscuous: on, or not ours to say
};

// The configuration, CNI_ARGS MAC, runtimeConfig.mac and args.cni.*, the last being the strongest.
Config parse_config(const contract::Request& request);

// /dataDir: where backups are. All that DEL and GC need.
std::string data_dir(const contract::Request& request);

}  // namespace patchbay::tuning
