// SPDX-License-Identifier: Apache-2.0
// What an ADD made: the Result of CNI spec 1.1.0, convertible to every older version.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/contract/json.hpp"
#include "common/contract/version.hpp"
#include "common/net/ip.hpp"

namespace patchbay::contract {

struct Interface {
  std::string name;
  std::string mac;      // empty: omitted
  unsigned mtu = 0;     // 0: omitted; from 1.1.0 on
  std::string sandbox;  // netns path as the runtime gave it; empty: on the host
  std::string socket_path, pci_id;
  bool operator==(const Interface&) const = default;
};

struct IpConfig {
  net::Cidr address;
  std::optional<net::Ip> gateway;
  std::optional<unsigned> interface;  // index into Result::interfaces
  bool operator==(const IpConfig&) const = default;
};

struct Route {
  net::Cidr dst;
  std::optional<net::Ip> gw;
  unsigned mtu = 0, advmss = 0;  // bytes; 0: not set
  std::optional<std::uint32_t> priority, table, scope;
  bool operator==(const Route&) const = default;
};

struct Dns {
  std::vector<std::string> nameservers, search, options;
  std::string domain;
  [[nodiscard]] bool empty() const {
    return nameservers.empty() && search.empty() && options.empty() && domain.empty();
  }
  bool operator==(const Dns&) const = default;
};

struct Result {
  std::vector<Interface> interfaces;
  std::vector<IpConfig> ips;
  std::vector<Route> routes;
  Dns dns;

  // `json` in the shape of `version`; throws decode_failure with the pointer of what does not fit.
  static Result parse(const Json& json, const Version& version);
  // In the shape, key order and indentation of `version` (4 spaces, no trailing newline), as the
  // reference prints it. Throws for 0.1.0/0.2.0 without an address, which they cannot express.
  [[nodiscard]] std::string print(const Version& version) const;
  bool operator==(const Result&) const = default;
};

// The objects by themselves, for configurations that contain them.
Route parse_route(const Json& json);
Dns parse_dns(const Json& json);

}  // namespace patchbay::contract
