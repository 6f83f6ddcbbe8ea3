// SPDX-License-Identifier: Apache-2.0
// Configurations of portmap, as the reference takes them and as we do.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "test/netns/iptables.hpp"

namespace patchbay::test {

using firewall::Condition;
using nlohmann::json;

// One configuration of portmap, as the reference takes it and as we do.
struct PortCase {
  std::string name;
  json options;  // beside the usual keys
  json mappings;
  PortForwards ours;     // options; ports are taken from the mappings
  bool distinct = true;  // no mapping twice
};

inline json mapping(int host, int container, const std::string& protocol, const std::string& ip = {}) {
  json entry{{"hostPort", host}, {"containerPort", container}, {"protocol", protocol}};
  if (!ip.empty()) entry["hostIP"] = ip;
  return entry;
}

inline constexpr const char* kAddress4 = "10.10.0.2/24";
inline constexpr const char* kAddress6 = "fd00:10::2/64";

inline json reference_config(const PortCase& port_case) {
  json config{{"cniVersion", "1.0.0"},
              {"name", kOwner.network},
              {"type", "portmap"},
              {"capabilities", {{"portMappings", true}}},
              {"runtimeConfig", {{"portMappings", port_case.mappings}}},
              {"prevResult",
               {{"cniVersion", "1.0.0"},
                {"interfaces", {{{"name", "eth0"}, {"sandbox", "/run/netns/ctrA"}}}},
                {"ips", {{{"interface", 0}, {"address", kAddress4}}, {{"interface", 0}, {"address", kAddress6}}}}}}};
  config.update(port_case.options);
  return config;
}

inline Intents our_intents(const PortCase& port_case) {
  PortForwards forwards = port_case.ours;
  std::vector<HostPort> ports;
  for (const json& entry : port_case.mappings) {
    const std::string protocol = entry.at("protocol");
    ports.push_back({protocol == "tcp"   ? Protocol::tcp
                     : protocol == "udp" ? Protocol::udp
                                         : Protocol::sctp,
                     entry.at("hostPort"), net::Ip::parse(entry.value("hostIP", "")), entry.at("containerPort")});
  }
  if (forwards.families.empty()) forwards.families.resize(2);
  forwards.families[0].container = cidr(kAddress4);
  forwards.families[1].container = cidr(kAddress6);
  for (PortForward& forward : forwards.families) forward.ports = ports;
  return {.port_forwards = forwards};
}

inline PortForwards with_conditions(std::vector<Condition> v4, std::vector<Condition> v6) {
  PortForwards forwards;
  forwards.families.resize(2);
  forwards.families[0].conditions = std::move(v4);
  forwards.families[1].conditions = std::move(v6);
  return forwards;
}

inline std::vector<PortCase> port_cases() {
  const json one = json::array({mapping(8080, 80, "tcp")});
  json many = json::array();
  for (int port = 1; port <= 33; ++port) many.push_back(mapping(7000 + port, port, port % 3 == 0 ? "udp" : "tcp"));
  const Condition source{.field = Condition::Field::source, .negated = true, .subnet = cidr("192.0.2.0/24")};
  const Condition in{.field = Condition::Field::in_interface, .interface = "et+"};
  const Condition out{.field = Condition::Field::out_interface, .negated = true, .interface = "fifteen-letters"};
  const Condition mark{.field = Condition::Field::mark, .negated = true, .mark = 5, .mask = 15};
  const Condition whole_mark{.field = Condition::Field::mark, .mark = 7};
  const Condition destination{.field = Condition::Field::destination, .subnet = cidr("2001:db8::/32")};
  return {
      {"one port", json::object(), one, {}},
      {"all protocols",
       json::object(),
       {mapping(53, 5353, "udp"), mapping(9, 9, "sctp"), mapping(80, 8080, "tcp"), mapping(81, 8081, "tcp")},
       {}},
      {"host addresses",
       json::object(),
       {mapping(80, 8080, "tcp", "192.0.2.1"), mapping(81, 8081, "tcp", "2001:db8::1"),
        mapping(82, 8082, "udp", "0.0.0.0"), mapping(83, 8083, "sctp", "::")},
       {}},
      {"more than 15", json::object(), many, {}},
      {"the same twice", json::object(), {mapping(80, 8080, "tcp"), mapping(80, 8080, "tcp")}, {}, false},
      {"no snat", {{"snat", false}}, one, {.snat = false}},
      {"another bit", {{"markMasqBit", 31}}, one, {.mark_bit = 31}},
      {"another chain", {{"externalSetMarkChain", "MARKER"}}, one, {.external_set_mark_chain = "MARKER"}},
      {"conditions",
       {{"conditionsV4",
         {"!", "-s", "192.0.2.0/24", "-i", "et+", "!", "-o", "fifteen-letters", "-m", "mark", "!", "--mark",
          "0x5/0xf"}},
        {"conditionsV6", {"-d", "2001:db8::/32", "-m", "mark", "--mark", "7"}}},
       one,
       with_conditions({source, in, out, mark}, {destination, whole_mark})},
  };
}

}  // namespace patchbay::test
