// SPDX-License-Identifier: Apache-2.0
// The networks that are swept. Each has room for two containers only, so that whoever waits for the address
// of one that goes must get the very same.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace patchbay::faults {

enum class Contact : std::uint8_t { none, by_host_port, by_cable, by_loopback };

struct Case {
  std::string name;
  std::vector<nlohmann::json> plugins;  // without name and version
  Contact contact = Contact::none;      // how a container proves that it can be reached
  bool v4 = true, v6 = false;
  bool first = false;               // nobody was attached before: red makes what is shared
  bool regular = true;              // false: swept only when it is named
  std::string iptables = "legacy";  // what the node's is, see test/support/world.hpp
  bool firewalld = false;           // it accepts what is forwarded
};

const std::vector<Case>& cases();
const Case* find_case(const std::string& name);

constexpr int kBluePort = 8081, kRedPort = 8080, kServedPort = 80;
inline const std::string kGateway4 = "10.99.0.1", kGateway6 = "fd00:99::1";

}  // namespace patchbay::faults
