// SPDX-License-Identifier: Apache-2.0
#include "common/attach/static_addresses.hpp"

#include <algorithm>

#include "common/attach/ipam_config.hpp"
#include "common/base/error.hpp"

namespace patchbay::attach::static_addresses {
namespace {

using contract::IpConfig;
using contract::Json;
using contract::Request;

constexpr std::size_t kMostAddresses = 256;
constexpr const char* kAddresses = "/ipam/addresses";
constexpr const char* kArgs = "CNI_ARGS";

net::Cidr parse_address(const std::string& text, Code code, const std::string& pointer) {
  const auto address = net::Cidr::parse(text);
  if (!address) {
    throw Error{code, "not an address with its prefix length: " + text.substr(0, 64)}.at(pointer).expected(
        "CIDR notation, as in 10.1.2.3/24");
  }
  if (!address->ip.is_assignable()) {
    throw Error{code, "no container can have the address " + address->ip.to_string()}.at(pointer);
  }
  return *address;
}

IpConfig parse_configured(const Json& json) {
  const auto text = json.text("address");
  if (!text) {
    throw Error{Code::invalid_config, "an address is missing"}
        .at(json.pointer() + "/address")
        .expected("CIDR notation, as in 10.1.2.3/24");
  }
  IpConfig ip{.address = parse_address(*text, Code::invalid_config, json.pointer() + "/address"),
              .gateway = json.ip("gateway"),
              .interface = std::nullopt};
  if (!ip.gateway || ip.gateway->family() == ip.address.family()) return ip;
  throw Error{Code::invalid_config, "gateway " + ip.gateway->to_string() + " is of another family than its address"}.at(
      json.pointer() + "/gateway");
}

std::vector<IpConfig> listed(const Json& list) {
  std::vector<IpConfig> ips;
  for (const Json& one : list.elements(kMostAddresses)) {
    ips.push_back({.address = parse_address(one.as_text(), Code::invalid_config, one.pointer())});
  }
  return ips;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    parts.push_back(text.substr(from, comma - from));
    from = comma + 1;
  }
  return parts;
}

void give_gateway(std::vector<IpConfig>& ips, const std::string& text) {
  const auto gateway = net::Ip::parse(text);
  if (!gateway) {
    throw Error{Code::invalid_environment, "invalid gateway address: " + text.substr(0, 64)}.at(kArgs).expected(
        "an address, as in GATEWAY=10.1.2.1");
  }
  for (IpConfig& ip : ips) {
    if (ip.address.contains(*gateway)) ip.gateway = gateway;
  }
}

std::vector<IpConfig> from_args(const Request& request) {
  request.args.refuse_unknown({"IP", "GATEWAY", "MAC"});  // the main plugin has read them, too
  std::vector<IpConfig> ips;
  if (const auto list = request.args.find("IP"); list && !list->empty()) {
    for (const std::string& one : split(*list)) {
      ips.push_back({.address = parse_address(one, Code::invalid_environment, kArgs)});
    }
  }
  if (const auto list = request.args.find("GATEWAY"); list && !list->empty()) {
    for (const std::string& one : split(*list)) give_gateway(ips, one);
  }
  return ips;
}

std::vector<IpConfig> chosen(const Request& request) {
  const Json ipam = required_ipam(request);
  std::vector<IpConfig> ips;
  for (const Json& one : ipam.list("addresses", kMostAddresses)) ips.push_back(parse_configured(one));
  for (const IpConfig& ip : from_args(request)) ips.push_back(ip);
  if (const auto list = request.cni_args("ips")) ips = listed(*list);
  if (const auto list = request.runtime_config("ips")) ips = listed(*list);
  return ips;
}

// The kernel would refuse the second, when half of the work is done.
void refuse_twins(const std::vector<IpConfig>& ips) {
  for (auto one = ips.begin(); one != ips.end(); ++one) {
    if (std::any_of(ips.begin(), one, [&](const IpConfig& it) { return it.address.ip == one->address.ip; })) {
      throw Error{Code::invalid_config, "address " + one->address.ip.to_string() + " is there twice"}.at(kAddresses);
    }
  }
}

}  // namespace

std::vector<IpConfig> addresses(const Request& request) {
  std::vector<IpConfig> ips = chosen(request);
  if (ips.empty()) {
    throw Error{Code::invalid_config, "static: there is no address"}
        .at(kAddresses)
        .expected("a list of {address, gateway}")
        .hint("or name addresses by runtimeConfig.ips, args.cni.ips or IP in CNI_ARGS");
  }
  refuse_twins(ips);
  const auto v4 = std::count_if(ips.begin(), ips.end(), [](const IpConfig& ip) { return ip.address.ip.is_v4(); });
  refuse_too_many(request, v4, static_cast<std::ptrdiff_t>(ips.size()) - v4, kAddresses);
  return ips;
}

contract::Result add(const Request& request) {
  contract::Result result;
  result.ips = addresses(request);
  const Json ipam = required_ipam(request);
  for (const Json& route : ipam.list("routes")) result.routes.push_back(contract::parse_route(route));
  if (const auto dns = ipam.object("dns")) result.dns = contract::parse_dns(*dns);
  return result;
}

void del(const Request& /*request*/) {}

void check(const Request& request) {
  const contract::Result previous = request.required_previous_result();
  for (const IpConfig& wanted : addresses(request)) {
    const auto reported = std::find_if(previous.ips.begin(), previous.ips.end(),
                                       [&](const IpConfig& it) { return it.address == wanted.address; });
    if (reported == previous.ips.end()) {
      throw Error{Code::drift, "static: the attachment does not have " + wanted.address.to_string()}.hint(
          "the attachment has to be deleted and added again");
    }
    if (wanted.gateway && reported->gateway != wanted.gateway) {
      throw Error{Code::drift,
                  "static: " + wanted.address.to_string() + " does not have the gateway " + wanted.gateway->to_string()}
          .hint("the attachment has to be deleted and added again");
    }
  }
}

void gc(const Request& /*request*/) {}

void status(const Request& request) { static_cast<void>(add(request)); }

}  // namespace patchbay::attach::static_addresses
