// SPDX-License-Identifier: Apache-2.0
#include "plugins/main/veth/config.hpp"

#include "common/attach/config.hpp"
#include "common/attach/ipam.hpp"
#include "common/base/error.hpp"

namespace patchbay::veth {
namespace {

void refuse_contradictions(const Config& config) {
  if (config.cable.empty() && !config.ipam) {
    throw Error{Code::invalid_config, "no IPAM plugin is configured"}
        .at("/ipam/type")
        .expected("the type of an IPAM plugin, such as \"host-local\"")
        .hint("a cable to the host needs addresses; a cable between two containers (\"cable\") does not");
  }
  if (!config.cable.empty() && config.ip_masq) {
    throw Error{Code::invalid_config, "a direct cable does not lead through the host, so nothing can be masqueraded"}
        .at("/ipMasq")
        .hint("drop ipMasq or cable");
  }
}

}  // namespace

std::string cable_name(const contract::Request& request) {
  std::string name = request.config.text_or("cable", "");
  // The name becomes part of tags: the rules for network names keep it apart from everything else.
  if (name.empty()) return name;
  try {
    contract::validate_network_name(name);
  } catch (const Error& error) {
    throw Error{Code::invalid_config, "cable: " + error.summary()}.at("/cable").expected(
        "a name as networks have it, [a-zA-Z0-9][a-zA-Z0-9_.-]*");
  }
  return name;
}

Config parse_config(const contract::Request& request) {
  Config config;
  config.ip_masq = request.config.flag("ipMasq");
  config.backend = attach::parse_backend(request, "ipMasqBackend");
  config.mtu = attach::parse_mtu(request);
  config.mac = attach::parse_mac(request);
  config.dns = attach::parse_dns_override(request);
  config.ipam = attach::ipam_type(request);
  config.cable = cable_name(request);
  attach::check_return_early(request);
  refuse_contradictions(config);
  return config;
}

}  // namespace patchbay::veth
