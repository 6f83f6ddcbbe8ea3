// SPDX-License-Identifier: Apache-2.0
// Three shapes of one thing: {ip4, ip6} before 0.3.0, lists with a "version" in each address up to
// 0.4.0, the same lists without it since.
#include <algorithm>

#include "common/base/error.hpp"
#include "common/contract/detail/json_read.hpp"
#include "common/contract/detail/result_read.hpp"
#include "common/contract/detail/text.hpp"

namespace patchbay::contract {
namespace {

using detail::DanglingIndex;

constexpr Json::Bounds kUnsigned{0, UINT32_MAX}, kScope{0, UINT8_MAX};  // rtm_scope is a byte

std::string required_text(const Json& json, std::string_view key) {
  auto text = json.text(key);
  if (!text) {
    throw Error{Code::decode_failure, std::string{key} + " is missing"}.at(detail::pointer_to(json.pointer(), key));
  }
  return std::move(*text);
}

net::Cidr required_cidr(const Json& json, std::string_view key, Code bad_value) {
  const auto cidr = detail::read_cidr(json, key, bad_value);
  if (!cidr) throw Error{bad_value, std::string{key} + " is missing"}.at(detail::pointer_to(json.pointer(), key));
  return *cidr;
}

std::optional<std::uint32_t> number(const Json& json, std::string_view key, Code bad_value,
                                    Json::Bounds bounds = kUnsigned) {
  const auto value = detail::read_integer(json, key, bounds, bad_value);
  if (!value) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

Route read_route(const Json& json, Code bad_value) {
  return {.dst = required_cidr(json, "dst", bad_value),
          .gw = detail::read_ip(json, "gw", bad_value),
          .mtu = number(json, "mtu", bad_value).value_or(0),
          .advmss = number(json, "advmss", bad_value).value_or(0),
          .priority = number(json, "priority", bad_value),
          .table = number(json, "table", bad_value),
          .scope = number(json, "scope", bad_value, kScope)};
}

void read_routes(const Json& json, Result& result) {
  for (const Json& route : json.list("routes")) result.routes.push_back(read_route(route, Code::decode_failure));
}

Interface read_interface(const Json& json, const Version& version) {
  Interface interface {
    .name = required_text(json, "name"), .mac = json.text_or("mac", ""), .sandbox = json.text_or("sandbox", "")
  };
  if (version < kFirstSorted) return interface;
  interface.mtu = number(json, "mtu", Code::decode_failure).value_or(0);
  interface.socket_path = json.text_or("socketPath", "");
  interface.pci_id = json.text_or("pciID", "");
  return interface;
}

std::optional<unsigned> read_index(const Json& json, std::size_t interfaces, DanglingIndex dangling) {
  if (interfaces == 0 && dangling == DanglingIndex::ignore) return std::nullopt;
  const auto index = json.find("interface");
  if (index && interfaces == 0) {
    throw Error{Code::decode_failure, detail::name_of(index->pointer()) + " is " + index->dump()}
        .at(index->pointer())
        .expected("no index, as there are no interfaces");
  }
  const Json::Bounds bounds{0, static_cast<std::int64_t>(interfaces) - 1};
  const auto value = detail::read_integer(json, "interface", bounds, Code::decode_failure);
  if (!value) return std::nullopt;
  return static_cast<unsigned>(*value);
}

Result read_lists(const Json& json, const Version& version, DanglingIndex dangling) {
  Result result;
  for (const Json& interface : json.list("interfaces")) {
    result.interfaces.push_back(read_interface(interface, version));
  }
  for (const Json& ip : json.list("ips")) {
    result.ips.push_back({.address = required_cidr(ip, "address", Code::decode_failure),
                          .gateway = detail::read_ip(ip, "gateway", Code::decode_failure),
                          .interface = read_index(ip, result.interfaces.size(), dangling)});
  }
  read_routes(json, result);
  return result;
}

// Versions 0.1.0 and 0.2.0: at most one address of each family, each with its routes.
Result read_pair(const Json& json) {
  Result result;
  for (const std::string_view key : {"ip4", "ip6"}) {
    const auto ip = json.object(key);
    if (!ip) continue;
    const net::Cidr address = required_cidr(*ip, "ip", Code::decode_failure);
    if (address.ip.is_v4() != (key == "ip4")) {
      throw Error{Code::decode_failure, std::string{key} + " holds " + address.to_string()}
          .at(detail::pointer_to(ip->pointer(), "ip"))
          .expected("an address of that family");
    }
    result.ips.push_back({.address = address, .gateway = detail::read_ip(*ip, "gateway", Code::decode_failure)});
    read_routes(*ip, result);
  }
  return result;
}

std::vector<std::string> family_of(const Version& version) {
  if (version < kFirstWithInterfaces) return {"", "0.1.0", "0.2.0"};
  if (version < kFirstSorted) return {"0.3.0", "0.3.1", "0.4.0"};
  return {"1.0.0", "1.1.0"};
}

// A result may name its version; it must then be of the shape that it is read as.
void check_family(const Json& json, const Version& version) {
  const std::string own = json.text_or("cniVersion", "");
  const auto family = family_of(version);
  if (own.empty() || std::find(family.begin(), family.end(), own) != family.end()) return;
  std::string list;
  for (const std::string& member : family) list += (&member == &family.front() ? "" : " ") + member;
  throw Error{Code::decode_failure,
              "result type supports [" + list + "] but unmarshalled CNIVersion is " + detail::message_quote(own)}
      .at(detail::pointer_to(json.pointer(), "cniVersion"));
}

}  // namespace

Route parse_route(const Json& json) {
  Route route = read_route(json, Code::invalid_config);
  if (!route.gw || route.gw->family() == route.dst.family()) return route;
  throw Error{Code::invalid_config, "route to " + route.dst.to_string() + " by " + route.gw->to_string()}
      .at(detail::pointer_to(json.pointer(), "gw"))
      .expected("a gateway of the route's own family");
}

Dns parse_dns(const Json& json) {
  return {.nameservers = json.texts("nameservers"),
          .search = json.texts("search"),
          .options = json.texts("options"),
          .domain = json.text_or("domain", "")};
}

Result Result::parse(const Json& json, const Version& version) {
  return detail::read_result(json, version, DanglingIndex::check);
}

namespace detail {

Result read_result(const Json& json, const Version& version, DanglingIndex dangling) {
  check_family(json, version);
  Result result = version < kFirstWithInterfaces ? read_pair(json) : read_lists(json, version, dangling);
  if (const auto dns = json.object("dns")) result.dns = parse_dns(*dns);
  return result;
}

bool is_supported(std::string_view text) {
  return std::find(kSupportedVersions.begin(), kSupportedVersions.end(), text) != kSupportedVersions.end();
}

}  // namespace detail
}  // namespace patchbay::contract
