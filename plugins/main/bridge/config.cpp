// SPDX-License-Identifier: Apache-2.0
#include "plugins/main/bridge/config.hpp"

#include <bitset>

#include "common/attach/config.hpp"
#include "common/attach/ipam.hpp"
#include "common/base/error.hpp"

namespace patchbay::bridge {
namespace {

constexpr contract::Json::Bounds kAccessVlan{0, 4094};
constexpr contract::Json::Bounds kTrunkVlan{1, 4094};

using TrunkIds = std::bitset<4095>;  // however often they are named

// One item of vlanTrunk: a range (minID and maxID), a single id, or both.
void add_trunk_item(const contract::Json& item, TrunkIds& ids) {
  const auto low = item.integer("minID", kTrunkVlan);
  const auto high = item.integer("maxID", kTrunkVlan);
  const auto single = item.integer("id", kTrunkVlan);
  if (low.has_value() != high.has_value()) {
    throw Error{Code::invalid_config, "minID and maxID belong together"}.at(item.pointer()).expected("both or neither");
  }
  if (low && *high < *low) {
    throw Error{Code::invalid_config, "minID is greater than maxID"}.at(item.pointer()).expected("minID <= maxID");
  }
  if (low) {
    for (auto id = *low; id <= *high; ++id) ids.set(static_cast<std::size_t>(id));
  }
  if (single) ids.set(static_cast<std::size_t>(*single));
}

std::vector<std::uint16_t> parse_trunk(const contract::Json& config) {
  TrunkIds named;
  for (const contract::Json& item : config.list("vlanTrunk")) add_trunk_item(item, named);
  std::vector<std::uint16_t> ids;
  for (std::size_t id = 0; id < named.size(); ++id) {
    if (named[id]) ids.push_back(static_cast<std::uint16_t>(id));
  }
  return ids;
}

// It is an interface's name, and the configuration's to correct.
void check_name(const std::string& bridge) {
  try {
    contract::validate_ifname(bridge);
  } catch (const Error& error) {
    throw Error{Code::invalid_config, "bridge name: " + error.summary()}.at("/bridge").expected(
        "a name that an interface can have");
  }
}

Error conflict(const char* pointer, const char* message, const char* hint) {
  return Error{Code::invalid_config, message}.at(pointer).hint(hint);
}

// Everything that cannot go with something else.
void refuse_contradictions(const Config& config) {
  if (config.hairpin && config.promiscuous) {
    throw conflict("/promiscMode", "hairpinMode and promiscMode cannot be set at the same time",
                   "a promiscuous bridge delivers to the sending port by itself; drop one of them");
  }
  if (config.ipam && !config.container_interface_up) {
    throw conflict("/disableContainerInterface", "an interface that stays down cannot get addresses",
                   "drop ipam or disableContainerInterface");
  }
  if (config.vlan != 0 && config.is_gateway && config.vlan_gateway_name().size() > 15) {
    throw conflict("/bridge", "the name of the VLAN's gateway interface would be longer than 15 bytes",
                   "choose a shorter bridge name");
  }
}

}  // namespace

Config parse_config(const contract::Request& request) {
  const contract::Json& json = request.config;
  Config config;
  config.bridge = json.text_or("bridge", config.bridge);
  if (config.bridge.empty()) config.bridge = "cni0";
  check_name(config.bridge);
  config.is_default_gateway = json.flag("isDefaultGateway");
  config.is_gateway = json.flag("isGateway") || config.is_default_gateway;
  config.force_address = json.flag("forceAddress");
  config.ip_masq = json.flag("ipMasq");
  config.backend = attach::parse_backend(request, "ipMasqBackend");
  config.mtu = attach::parse_mtu(request);
  config.hairpin = json.flag("hairpinMode");
  config.promiscuous = json.flag("promiscMode");
  config.vlan = static_cast<std::uint16_t>(json.integer("vlan", kAccessVlan).value_or(0));
  config.trunk = parse_trunk(json);
  config.vlan_filtering = config.vlan != 0 || json.has("vlanTrunk");
  config.preserve_default_vlan = json.flag("preserveDefaultVlan");
  config.mac_spoof_check = json.flag("macspoofchk");
  config.detect_duplicates = json.flag("enabledad");
  config.container_interface_up = !json.flag("disableContainerInterface");
  config.isolated = json.flag("portIsolation");
  request.args.refuse_unknown({"MAC", "IP", "GATEWAY"});
  config.mac = attach::parse_mac(request);
  config.dns = attach::parse_dns_override(request);
  config.ipam = attach::ipam_type(request);
  attach::check_return_early(request);
  refuse_contradictions(config);
  return config;
}

}  // namespace patchbay::bridge
