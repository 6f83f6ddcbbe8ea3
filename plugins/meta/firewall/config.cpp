// SPDX-License-Identifier: Apache-2.0
#include "plugins/meta/firewall/config.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "common/base/error.hpp"
#include "common/firewall/firewall.hpp"

namespace patchbay::firewall_plugin {
namespace {

using firewall::Ingress;

constexpr std::size_t kLongestChain = 28;  // as iptables has it, XT_EXTENSION_MAXNAMELEN less one

// What a rule would take for something else, and what leads back to itself.
constexpr std::array<std::string_view, 12> kTakenChains{"ACCEPT",
                                                        "DROP",
                                                        "QUEUE",
                                                        "RETURN",
                                                        "PREROUTING",
                                                        "INPUT",
                                                        "FORWARD",
                                                        "OUTPUT",
                                                        "POSTROUTING",
                                                        "CNI-FORWARD",
                                                        "CNI-ISOLATION-STAGE-1",
                                                        "CNI-ISOLATION-STAGE-2"};

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

struct Choice {
  std::optional<firewall::Backend> backend;
  Firewalld firewalld{};
};

Choice parse_backend(const contract::Json& config) {
  const std::string name = config.text_or("backend", "");
  if (name.empty()) return {std::nullopt, Firewalld::where_it_runs};
  if (name == "firewalld") return {std::nullopt, Firewalld::always};
  if (const auto backend = firewall::parse_backend(name)) return {backend, Firewalld::never};
  throw Error{Code::invalid_config, "unknown backend \"" + name + "\""}
      .at("/backend")
      .expected("\"nftables\", \"iptables\" or \"firewalld\", or leave it out");
}

std::string parse_admin_chain(const contract::Json& config) {
  std::string chain = config.text_or("iptablesAdminChainName", "");
  if (chain.empty()) return firewall::kDefaultAdminChain;
  const bool is_taken = std::find(kTakenChains.begin(), kTakenChains.end(), chain) != kTakenChains.end();
  const bool fits = chain.size() <= kLongestChain && is_plain(chain) && chain.front() != '-' && chain.front() != '!';
  if (fits && !is_taken) return chain;
  throw Error{Code::invalid_config, "\"" + chain + "\" cannot be the name of the administrator's chain"}
      .at("/iptablesAdminChainName")
      .expected("up to 28 letters, digits and the like, and no chain or target that iptables has already");
}

// Whether firewalld has it, firewalld tells.
std::string parse_zone(const contract::Json& config) {
  std::string zone = config.text_or("firewalldZone", "trusted");
  if (zone.empty()) return "trusted";
  if (is_plain(zone)) return zone;
  throw Error{Code::invalid_config, "firewalldZone is no name of a zone"}.at("/firewalldZone");
}

Ingress parse_ingress(const contract::Json& config) {
  const std::string policy = config.text_or("ingressPolicy", "");
  if (policy.empty() || policy == "open") return Ingress::open;
  if (policy == "same-bridge") return Ingress::same_bridge;
  if (policy == "isolated") return Ingress::isolated;
  throw Error{Code::invalid_config, "unknown ingress policy: \"" + policy + "\""}
      .at("/ingressPolicy")
      .expected("\"open\", \"same-bridge\" or \"isolated\"");
}

std::string bridge_of(const contract::Result& result) {
  const auto refuse = [](const char* why) {
    return std::move(Error{Code::invalid_config, why}
                         .at("/prevResult/interfaces")
                         .hint("an ingress policy is for a bridge: chain firewall behind the plugin bridge"));
  };
  if (result.interfaces.empty()) throw refuse("an interface is needed for an ingress policy");
  const std::string& name = result.interfaces.front().name;
  try {
    contract::validate_ifname(name);
  } catch (const Error&) {
    throw refuse("the first interface has no name that a bridge can have");
  }
  if (name.ends_with('+') || name.ends_with('*')) throw refuse("a bridge with this name would speak for others");
  return name;
}

}  // namespace

Config parse_config(const contract::Request& request) {
  const Choice choice = parse_backend(request.config);
  return {.backend = choice.backend,
          .firewalld = choice.firewalld,
          .admin_chain = parse_admin_chain(request.config),
          .firewalld_zone = parse_zone(request.config),
          .ingress = parse_ingress(request.config)};
}

firewall::Forwarding wanted_forwarding(const Config& config, const contract::Result& result) {
  firewall::Forwarding forwarding{
      .addresses = {}, .admin_chain = config.admin_chain, .policy = {}, .firewalld_zone = {}};
  for (const contract::IpConfig& ip : result.ips) forwarding.addresses.push_back(ip.address);
  if (config.ingress != Ingress::open) forwarding.policy = {.ingress = config.ingress, .bridge = bridge_of(result)};
  return forwarding;
}

}  // namespace patchbay::firewall_plugin
