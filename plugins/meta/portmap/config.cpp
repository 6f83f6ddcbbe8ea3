// SPDX-License-Identifier: Apache-2.0
#include "plugins/meta/portmap/config.hpp"

#include <algorithm>

#include "common/attach/config.hpp"
#include "common/base/error.hpp"
#include "common/firewall/condition.hpp"
#include "common/firewall/firewall.hpp"

namespace patchbay::portmap {
namespace {

using firewall::Backend;
using firewall::HostPort;
using firewall::Protocol;

constexpr contract::Json::Bounds kPort{1, 65535};
constexpr std::size_t kMaxPorts = 4096;

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

Protocol parse_protocol(const contract::Json& mapping) {
  const std::string name = lower(mapping.text_or("protocol", "tcp"));
  if (name == "tcp" || name.empty()) return Protocol::tcp;
  if (name == "udp") return Protocol::udp;
  if (name == "sctp") return Protocol::sctp;
  throw Error{Code::invalid_config, "unknown protocol \"" + name + "\""}
      .at(mapping.pointer() + "/protocol")
      .expected("tcp, udp or sctp");
}

std::uint16_t parse_port(const contract::Json& mapping, const char* key, const char* words) {
  const auto port = mapping.integer(key, kPort);
  if (port) return static_cast<std::uint16_t>(*port);
  throw Error{Code::invalid_config, std::string{words} + " is missing"}
      .at(mapping.pointer() + "/" + key)
      .expected("a port, 1..65535");
}

// Whether this host has it is not asked: it may get it later.
bool can_be_local(const net::Ip& ip) { return ip.is_assignable() || ip.is_loopback() || ip.is_unspecified(); }

HostPort parse_mapping(const contract::Json& mapping) {
  HostPort port{.protocol = parse_protocol(mapping),
                .host_port = parse_port(mapping, "hostPort", "host port number"),
                .container_port = parse_port(mapping, "containerPort", "container port number")};
  const auto host_ip = mapping.text("hostIP");
  if (!host_ip || host_ip->empty()) return port;
  port.host_ip = net::Ip::parse(*host_ip);
  if (!port.host_ip || !can_be_local(*port.host_ip)) {
    throw Error{Code::invalid_config, "\"" + *host_ip + "\" is no address that a host can have"}
        .at(mapping.pointer() + "/hostIP")
        .expected("an address of this host, or nothing for all of them");
  }
  return port;
}

bool same_key(const HostPort& a, const HostPort& b) {
  return a.protocol == b.protocol && a.host_port == b.host_port && a.host_ip == b.host_ip;
}

std::vector<HostPort> parse_ports(const contract::Request& request) {
  const auto list = request.runtime_config("portMappings");
  if (!list) return {};
  std::vector<HostPort> ports;
  for (const contract::Json& item : list->elements(kMaxPorts)) {
    const HostPort port = parse_mapping(item);
    const auto twin = std::find_if(ports.begin(), ports.end(), [&](const auto& it) { return same_key(it, port); });
    if (twin == ports.end()) {
      ports.push_back(port);
    } else if (twin->container_port != port.container_port) {
      throw Error{Code::invalid_config, "host port " + std::to_string(port.host_port) + " leads to two container ports"}
          .at(item.pointer())
          .expected("each host address, protocol and port once");
    }
  }
  return ports;
}

// Conditions and an external mark chain imply the backend in whose language they are written.
Backend implied_backend(const std::vector<std::string>& words) {
  return firewall::syntax_of(words) == firewall::Syntax::iptables ? Backend::iptables : Backend::nftables;
}

void agree_on_backend(Config& config, Backend implied, const char* key) {
  if (!config.backend) config.backend = implied;
  if (*config.backend == implied) return;
  throw Error{Code::invalid_config, std::string{firewall::to_string(*config.backend)} +
                                        " backend was requested but configuration contains " +
                                        std::string{firewall::to_string(implied)} + "-specific options"}
      .at(std::string{"/"} + key)
      .hint("write the condition in the backend's own syntax, or leave out \"backend\"");
}

std::vector<firewall::Condition> parse_conditions(const contract::Request& request, const char* key, net::Family family,
                                                  Config& config) {
  const auto words = request.config.texts(key);
  if (words.empty()) return {};
  agree_on_backend(config, implied_backend(words), key);
  return firewall::parse_conditions(words, family, std::string{"/"} + key);
}

// As iptables(8) has it.
bool can_be_chain(const std::string& name) {
  const auto is_graphic = [](char c) { return c > ' ' && c != '\x7F'; };
  return name.size() <= 28 && name.front() != '-' && name.front() != '!' && std::ranges::all_of(name, is_graphic);
}

void parse_marking(const contract::Request& request, Config& config) {
  const auto bit = request.config.integer("markMasqBit", {0, 31});
  config.external_set_mark_chain = request.config.text_or("externalSetMarkChain", "");
  config.mark_bit = static_cast<unsigned>(bit.value_or(13));
  if (config.external_set_mark_chain.empty()) return;
  if (bit) {
    throw Error{Code::invalid_config, "Cannot specify externalSetMarkChain and markMasqBit"}.at(
        "/externalSetMarkChain");
  }
  if (!can_be_chain(config.external_set_mark_chain)) {
    throw Error{Code::invalid_config, "externalSetMarkChain is no name that an iptables chain can have"}
        .at("/externalSetMarkChain")
        .expected("at most 28 bytes, no blanks or control characters, and neither - nor ! in front");
  }
  agree_on_backend(config, Backend::iptables, "externalSetMarkChain");
}

// The container's address of this family: of CNI_IFNAME, or of no interface in particular.
const contract::IpConfig* container_address(const contract::Result& result, const std::string& ifname,
                                            net::Family family) {
  for (const contract::IpConfig& ip : result.ips) {
    if (ip.address.family() != family) continue;
    if (!ip.interface || *ip.interface >= result.interfaces.size()) return &ip;
    const contract::Interface& interface = result.interfaces[*ip.interface];
    if (interface.name == ifname && !interface.sandbox.empty()) return &ip;
  }
  return nullptr;
}

// The previous plugin's word is not taken for everything: a port that led to 127.0.0.1 would open the host's own
// services.
void refuse_unusable(const contract::Result& result, const contract::IpConfig* ip) {
  if (ip == nullptr || ip->address.ip.is_assignable()) return;
  throw Error{Code::decode_failure, "prevResult: no container can have the address " + ip->address.to_string()}.at(
      "/prevResult/ips/" + std::to_string(ip - result.ips.data()) + "/address");
}

// Every specific host address needs a container address of its family; "0.0.0.0" and "::" mean
// "all addresses of that family" and are dropped where there is none, as clients send both.
void refuse_unreachable(const Config& config, bool v4, bool v6) {
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    const auto& host_ip = config.ports[i].host_ip;
    if (!host_ip || host_ip->is_unspecified() || (host_ip->is_v4() ? v4 : v6)) continue;
    throw Error{Code::invalid_config, "host address " + host_ip->to_string() + " cannot lead to this container"}
        .at("/runtimeConfig/portMappings/" + std::to_string(i) + "/hostIP")
        .expected(std::string{"a container with an "} + (host_ip->is_v4() ? "IPv4" : "IPv6") + " address");
  }
}

}  // namespace

Config parse_config(const contract::Request& request) {
  Config config;
  config.backend = attach::parse_backend(request, "backend");
  config.snat = request.config.flag("snat", true);
  config.masquerade_all = request.config.flag("masqAll");
  parse_marking(request, config);
  config.conditions_v4 = parse_conditions(request, "conditionsV4", net::Family::v4, config);
  config.conditions_v6 = parse_conditions(request, "conditionsV6", net::Family::v6, config);
  config.ports = parse_ports(request);
  return config;
}

firewall::PortForwards wanted_forwards(const Config& config, const contract::Result& result,
                                       const std::string& ifname) {
  firewall::PortForwards wanted{.families = {},
                                .snat = config.snat,
                                .masquerade_all = config.masquerade_all,
                                .mark_bit = config.mark_bit,
                                .external_set_mark_chain = config.external_set_mark_chain};
  const auto* v4 = container_address(result, ifname, net::Family::v4);
  const auto* v6 = container_address(result, ifname, net::Family::v6);
  refuse_unusable(result, v4);
  refuse_unusable(result, v6);
  refuse_unreachable(config, v4 != nullptr, v6 != nullptr);
  for (const auto* address : {v4, v6}) {
    if (address == nullptr) continue;
    const bool is_v4 = address->address.ip.is_v4();
    firewall::PortForward forward{
        .container = address->address, .ports = {}, .conditions = is_v4 ? config.conditions_v4 : config.conditions_v6};
    for (HostPort port : config.ports) {
      if (port.host_ip && port.host_ip->is_v4() != is_v4) continue;
      if (port.host_ip && port.host_ip->is_unspecified()) port.host_ip.reset();
      forward.ports.push_back(port);
    }
    if (!forward.ports.empty()) wanted.families.push_back(std::move(forward));
  }
  return wanted;
}

}  // namespace patchbay::portmap
