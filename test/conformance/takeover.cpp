// SPDX-License-Identifier: Apache-2.0
#include "test/conformance/takeover.hpp"

#include <regex>

#include "test/support/catch.hpp"

namespace patchbay::test::conformance {

using nlohmann::json;

namespace {

const json kHostPorts{{{"hostPort", 8080}, {"containerPort", 80}, {"protocol", "tcp"}},
                      {{"hostPort", 8053}, {"containerPort", 53}, {"protocol", "udp"}}};

std::vector<json> plugins(const Network& network) {
  auto plugins = network.plugins("iptables", network.with_portmap);
  plugins[0]["ipMasq"] = network.with_masquerade;
  if (!network.with_ipv6 && plugins[0]["ipam"].contains("ranges")) {
    plugins[0]["ipam"]["ranges"].erase(1);
    plugins[0]["ipam"]["routes"].erase(1);
  }
  return plugins;
}

}  // namespace

std::optional<std::string> lacks_legacy(const Network& network) {
  return std::string{network.iptables} == "legacy" ? lacks_legacy_iptables() : std::nullopt;
}

std::vector<json> fixed_address_plugins(const std::string& backend, bool with_portmap) {
  auto plugins = usual_plugins(backend, with_portmap);
  plugins[0]["ipam"] = {{"type", "static"},
                        {"addresses", {{{"address", "10.10.0.5/24"}, {"gateway", "10.10.0.1"}}}},
                        {"routes", {{{"dst", "0.0.0.0/0"}}}}};
  return plugins;
}

std::vector<json> tuned_and_limited_plugins(const std::string& backend, bool with_portmap) {
  auto plugins = usual_plugins(backend, with_portmap);
  plugins.push_back({{"type", "tuning"},
                     {"mac", "02:00:5e:00:00:03"},
                     {"mtu", 1400},
                     {"promisc", true},
                     {"sysctl", {{"net.core.somaxconn", "500"}}}});
  plugins.push_back({{"type", "bandwidth"},
                     {"ingressRate", 8000000},
                     {"ingressBurst", 800000},
                     {"egressRate", 16000000},
                     {"egressBurst", 1600000}});
  return plugins;
}

Node::Node(const Network& network, const Suite& first)
    : all_plugins(plugins(network)), chain(world, all_plugins, "net", "1.0.0") {
  world.set_iptables(network.iptables);
  by(first);
  if (network.with_portmap) chain.port_mappings = kHostPorts;
  chain.add("warm-up");
  chain.del("warm-up");
  world.remove_netns("warm-up");
  collect_garbage();  // where no interface needs it any more the guard of localhost goes as well
}

void Node::collect_garbage() {
  Chain newer{world, all_plugins, "net", "1.1.0"};
  CHECK(newer.gc({}).exit_code == 0);
}

Snapshot without_localhost_guard(Snapshot snapshot) {
  const std::regex guard{"raw [^\n]*patchbay: localhost[^\n]*\n?"};
  for (const char* topic : {"host iptables", "host ip6tables"}) {
    auto& rules = snapshot[topic];
    rules = std::regex_replace(rules, guard, "");
  }
  auto& ruleset = snapshot["host nft"];  // where nothing else is in table raw
  ruleset = std::regex_replace(ruleset, std::regex{"table ip6? raw[^\n]*\n?"}, "");
  return snapshot;
}

std::string changes_beside_our_own(const Snapshot& before_all, const Snapshot& after_all) {
  const Snapshot before = without_localhost_guard(before_all);
  Snapshot after = without_localhost_guard(after_all);
  std::erase_if(after, [](const auto& topic) {
    return topic.first.starts_with("file /run/patchbay/") ||
           topic.first.starts_with("file /var/lib/cni/networks/.patchbay/");
  });
  return difference(before, after);
}

}  // namespace patchbay::test::conformance
