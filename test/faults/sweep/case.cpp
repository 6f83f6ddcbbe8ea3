// SPDX-License-Identifier: Apache-2.0
#include "test/faults/sweep/case.hpp"

#include <algorithm>

namespace patchbay::faults {
namespace {

using nlohmann::json;

json ipam(bool v4, bool v6, bool with_routes = true) {
  json ranges = json::array(), routes = json::array();
  if (v4) {
    ranges.push_back({{{"subnet", "10.99.0.0/29"}, {"rangeStart", "10.99.0.2"}, {"rangeEnd", "10.99.0.3"}}});
    routes.push_back({{"dst", "0.0.0.0/0"}});
  }
  if (v6) {
    ranges.push_back({{{"subnet", "fd00:99::/64"}, {"rangeStart", "fd00:99::2"}, {"rangeEnd", "fd00:99::3"}}});
    routes.push_back({{"dst", "::/0"}});
  }
  json all{{"type", "host-local"}, {"ranges", ranges}};
  if (with_routes) all["routes"] = routes;
  return all;
}

Case forwarding(const std::string& name, json main, const std::string& backend, bool v6) {
  main["ipam"] = ipam(true, v6);
  main["ipMasq"] = true;
  main["ipMasqBackend"] = backend;
  const json portmap{{"type", "portmap"}, {"backend", backend}, {"capabilities", {{"portMappings", true}}}};
  return {.name = name, .plugins = {std::move(main), portmap}, .contact = Contact::by_host_port, .v6 = v6};
}

// All that default configurations chain behind a bridge.
Case tuned_and_limited(Case of) {
  of.plugins.push_back({{"type", "tuning"},
                        {"mtu", 1400},
                        {"txQLen", 500},
                        {"sysctl", {{"net.ipv4.conf.IFNAME.arp_filter", "1"}, {"net.core.somaxconn", "500"}}}});
  of.plugins.push_back({{"type", "bandwidth"},
                        {"ingressRate", 80000000},
                        {"ingressBurst", 8000000},
                        {"egressRate", 80000000},
                        {"egressBurst", 8000000}});
  return of;
}

Case on_iptables_nft(Case of) {
  of.iptables = "nft";
  return of;
}

Case accepted(const std::string& name, const std::string& backend, const std::string& policy) {
  json main{{"type", "bridge"}, {"bridge", "cni0"}, {"isGateway", true}, {"ipam", ipam(true, false)}};
  json firewall{{"type", "firewall"}, {"backend", backend}, {"ingressPolicy", policy}};
  return {.name = name, .plugins = {std::move(main), std::move(firewall)}};
}

Case beside_firewalld(Case of) {
  of.firewalld = true;
  return of;
}

Case by_subnet(Case of) {
  of.name += "-subnets";
  of.plugins.back()["unshapedSubnets"] = {"198.51.100.0/24", "2001:db8::/32"};
  return of;
}

Case first_of_all(Case of) {
  of.first = true;
  return of;
}

json bridge() { return {{"type", "bridge"}, {"bridge", "cni0"}, {"isGateway", true}}; }

json veth() { return {{"type", "veth"}}; }

json cable() { return {{"type", "veth"}, {"cable", "c1"}, {"ipam", ipam(true, false, false)}}; }

std::vector<Case> all_cases() {
  return {
      forwarding("bridge-nftables-v4", bridge(), "nftables", false),
      forwarding("bridge-nftables-dual", bridge(), "nftables", true),
      forwarding("bridge-iptables-v4", bridge(), "iptables", false),
      forwarding("bridge-iptables-dual", bridge(), "iptables", true),
      on_iptables_nft(forwarding("bridge-iptables-nft-v4", bridge(), "iptables", false)),
      forwarding("veth-nftables-dual", veth(), "nftables", true),
      forwarding("veth-iptables-v4", veth(), "iptables", false),
      first_of_all(forwarding("first-nftables-dual", bridge(), "nftables", true)),
      tuned_and_limited(forwarding("chain", bridge(), "nftables", false)),
      by_subnet(tuned_and_limited(forwarding("chain", bridge(), "nftables", false))),
      accepted("accepted-nftables", "nftables", "isolated"),
      accepted("accepted-iptables", "iptables", "same-bridge"),
      on_iptables_nft(accepted("accepted-iptables-nft", "iptables", "same-bridge")),
      beside_firewalld(accepted("accepted-firewalld", "", "same-bridge")),
      {.name = "cable", .plugins = {cable()}, .contact = Contact::by_cable},
      {.name = "host-local", .plugins = {{{"type", "host-local"}, {"ipam", ipam(true, true)}}}, .v6 = true},
      {.name = "loopback", .plugins = {{{"type", "loopback"}}}, .contact = Contact::by_loopback},
      // It breaks every promise: a sweep that finds nothing wrong with it is itself wrong.
      {.name = "leaky", .plugins = {{{"type", "leaky"}}}, .regular = false},
  };
}

}  // namespace

const std::vector<Case>& cases() {
  static const std::vector<Case> all = all_cases();
  return all;
}

const Case* find_case(const std::string& name) {
  const auto at = std::ranges::find(cases(), name, &Case::name);
  return at == cases().end() ? nullptr : &*at;
}

}  // namespace patchbay::faults
