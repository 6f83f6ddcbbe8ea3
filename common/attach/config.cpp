// SPDX-License-Identifier: Apache-2.0
#include "common/attach/config.hpp"

#include "common/base/error.hpp"
#include "common/firewall/firewall.hpp"

namespace patchbay::attach {
std::optional<firewall::Backend> parse_backend(const contract::Request& request, const char* key) {
  const auto name = request.config.text(key);
  if (!name || name->empty()) return std::nullopt;
  if (const auto backend = firewall::parse_backend(*name)) return backend;
  throw Error{Code::invalid_config, "unknown backend \"" + *name + "\""}
      .at(std::string{"/"} + key)
      .expected("\"nftables\" or \"iptables\", or leave it out");
}

net::Mac parse_interface_mac(const std::string& text, const std::string& pointer) {
  const auto mac = net::Mac::parse(text);
  if (mac && mac->is_unicast() && !mac->is_zero()) return *mac;
  throw Error{Code::invalid_config, "\"" + text + "\" is not a MAC address for an interface"}.at(pointer).expected(
      "six octets like 02:11:22:33:44:55, not multicast");
}

std::optional<net::Mac> parse_mac(const contract::Request& request) {
  if (const auto mac = request.runtime_config("mac")) return parse_interface_mac(mac->as_text(), "/runtimeConfig/mac");
  if (const auto mac = request.cni_args("mac")) return parse_interface_mac(mac->as_text(), "/args/cni/mac");
  if (const auto mac = request.args.find("MAC"); mac && !mac->empty()) return parse_interface_mac(*mac, "CNI_ARGS MAC");
  return std::nullopt;
}

std::optional<contract::Dns> parse_dns_override(const contract::Request& request) {
  const auto dns = request.config.object("dns");
  if (!dns) return std::nullopt;
  const bool given = dns->has("nameservers") || dns->has("domain") || dns->has("search") || dns->has("options");
  return given ? std::optional{contract::parse_dns(*dns)} : std::nullopt;
}

void check_return_early(const contract::Request& request) {
  static_cast<void>(request.config.flag("returnEarly", true));
}

std::string parse_absolute_path(const contract::Json& json, const std::string& key) {
  std::string path = json.text_or(key, "");
  if (path.empty() || (path.front() == '/' && path.find('\0') == std::string::npos)) return path;
  throw Error{Code::invalid_config, key + " is not an absolute path"}.at(json.pointer() + "/" + key);
}

unsigned parse_mtu(const contract::Request& request) {
  const auto mtu = static_cast<unsigned>(request.config.integer("mtu", {0, 65535}).value_or(0));
  if (mtu == 0 || mtu >= 68) return mtu;
  throw Error{Code::invalid_config, "mtu " + std::to_string(mtu) + " is too small"}.at("/mtu").expected(
      "0 for the kernel's choice, or 68..65535");
}

}  // namespace patchbay::attach
