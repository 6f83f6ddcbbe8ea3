// SPDX-License-Identifier: Apache-2.0
#include "plugins/meta/tuning/config.hpp"

#include <algorithm>
#include <string_view>

#include "common/attach/config.hpp"
#include "common/base/error.hpp"

namespace patchbay::tuning {
namespace {

using contract::Json;
using contract::Request;

constexpr const char* kDefaultDataDir = "/run/cni/tuning";
constexpr std::size_t kMostSysctls = 1024;
constexpr contract::Json::Bounds kMtu{0, 65535}, kQueueLength{0, INT32_MAX};

Error bad_key(const std::string& key, const std::string& pointer) {
  return Error{Code::invalid_config, "invalid net sysctl key: \"" + key.substr(0, 256) + "\""}.at(pointer).expected(
      "a key below net, as in net.core.somaxconn or net/ipv4/conf/eth0.100/arp_filter");
}

bool is_harmless(std::string_view component) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"_-.@+:"}.find(c) != std::string_view::npos;
  };
  return !component.empty() && component != "." && component != ".." &&
         std::all_of(component.begin(), component.end(), fits);
}

bool is_harmless_path(std::string_view path) {
  while (true) {
    const std::size_t slash = path.find('/');
    if (!is_harmless(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

// As sysctl(8) has it: the first separator is the one that separates; the other stands for itself. The
// interface's name, which STATUS does not have, takes the place of IFNAME afterwards, so that a dot in it is one.
std::string path_of(const std::string& key, const std::string& ifname, const std::string& pointer) {
  std::string path = key;
  const std::size_t first = path.find_first_of("./");
  if (first != std::string::npos && path[first] == '.') std::replace(path.begin(), path.end(), '.', '/');
  constexpr std::string_view kPlaceholder = "IFNAME";
  const auto at = path.find(kPlaceholder);
  if (at != std::string::npos && !ifname.empty()) path.replace(at, kPlaceholder.size(), ifname);
  if (path.starts_with("net/") && path.size() <= 512 && is_harmless_path(path)) return path;
  throw bad_key(key, pointer);
}

std::string checked_value(const Json& value) {
  std::string text = value.as_text();
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c == '\t' || (c >= ' ' && c <= '~'); });
  if (printable && !text.empty() && text.size() < 4096) return text;
  throw Error{Code::invalid_config, "not the value of a kernel setting"}
      .at(value.pointer())
      .expected("one line of printable characters");
}

// What `json` says, into `sysctls`; what was there under the same path gives way.
void take_sysctls(const std::optional<Json>& json, const Request& request, std::vector<Sysctl>& sysctls) {
  if (!json) return;
  std::vector<Sysctl> taken;
  for (const std::string& key : json->keys()) {
    const Json value = *json->find(key);
    Sysctl one{.key = key, .path = path_of(key, request.owner.ifname, value.pointer()), .value = checked_value(value)};
    if (std::ranges::find(taken, one.path, &Sysctl::path) != taken.end()) {
      throw Error{Code::invalid_config, "duplicated sysctl keys are not allowed"}.at(value.pointer());
    }
    taken.push_back(std::move(one));
  }
  if (taken.size() > kMostSysctls) throw Error{Code::invalid_config, "too many kernel settings"}.at(json->pointer());
  for (Sysctl& one : taken) {
    std::erase_if(sysctls, [&](const Sysctl& other) { return other.path == one.path; });
    sysctls.push_back(std::move(one));
  }
}

// The attributes that `json` - the configuration or args.cni - names.
void take_attributes(const Json& json, netlink::links::Attributes& attributes) {
  if (const auto mac = json.find("mac"); mac && !mac->as_text().empty()) {
    attributes.mac = attach::parse_interface_mac(mac->as_text(), mac->pointer());
  }
  if (const auto mtu = json.integer("mtu", kMtu); mtu && *mtu != 0) attributes.mtu = static_cast<unsigned>(*mtu);
  if (json.has("promisc")) attributes.promiscuous = json.flag("promisc") ? std::optional{true} : std::nullopt;
  if (json.has("allmulti")) attributes.all_multicast = json.flag("allmulti");
  if (const auto length = json.integer("txQLen", kQueueLength)) {
    attributes.tx_queue_length = static_cast<unsigned>(*length);
  }
}

}  // namespace

Config parse_config(const Request& request) {
  Config config;
  take_sysctls(request.config.object("sysctl"), request, config.sysctls);
  take_attributes(request.config, config.attributes);
  request.args.refuse_unknown({"MAC", "IP", "GATEWAY"});
  if (const auto mac = attach::parse_mac(request)) config.attributes.mac = mac;
  const auto args = request.config.object("args");
  if (const auto cni = args ? args->object("cni") : std::nullopt) {
    take_sysctls(cni->object("sysctl"), request, config.sysctls);
    take_attributes(*cni, config.attributes);
  }
  return config;
}

std::string data_dir(const Request& request) {
  std::string path = attach::parse_absolute_path(request.config, "dataDir");
  return path.empty() ? kDefaultDataDir : path;
}

}  // namespace patchbay::tuning
