// SPDX-License-Identifier: Apache-2.0
#include "common/attach/host_local_config.hpp"

#include <algorithm>

#include "common/attach/config.hpp"
#include "common/attach/ipam_config.hpp"
#include "common/attach/resolv_conf.hpp"
#include "common/base/error.hpp"

namespace patchbay::attach::host_local {
namespace {

using contract::Json;
using contract::Request;
using ipam::Range;
using ipam::RangeSet;

constexpr const char* kDefaultDataDir = "/var/lib/cni/networks";
constexpr std::size_t kMostSets = 32, kMostRanges = 128, kMostRequested = 256;

Range parse_range(const Json& json) {
  return Range::canonical({.subnet = json.cidr("subnet"),
                           .start = json.ip("rangeStart"),
                           .end = json.ip("rangeEnd"),
                           .gateway = json.ip("gateway")},
                          json.pointer());
}

void add_sets(std::vector<RangeSet>& sets, const Json& list) {
  for (const Json& ranges : list.elements(kMostSets)) {
    with_context("invalid range set " + std::to_string(sets.size()), [&] {
      RangeSet set;
      for (const Json& range : ranges.elements(kMostRanges)) set.push_back(parse_range(range));
      if (set.empty()) throw Error{Code::invalid_config, "empty range set"}.at(ranges.pointer());
      sets.push_back(std::move(set));
    });
  }
}

net::Ip parse_requested(const std::string& text, Code code, const std::string& pointer) {
  const bool with_prefix = text.find('/') != std::string::npos;
  const auto cidr = with_prefix ? net::Cidr::parse(text) : std::nullopt;
  const auto ip = with_prefix ? (cidr ? std::optional{cidr->ip} : std::nullopt) : net::Ip::parse(text);
  if (ip) return *ip;
  throw Error{code, "invalid IP address " + text.substr(0, 64)}.at(pointer).expected("an address, as in 10.1.2.3");
}

}  // namespace

std::string data_dir(const Request& request) {
  const auto ipam = request.config.object("ipam");
  std::string path = ipam ? parse_absolute_path(*ipam, "dataDir") : "";
  if (path.empty()) return kDefaultDataDir;
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::vector<RangeSet> range_sets(const Request& request) {
  const Json ipam = required_ipam(request);
  std::vector<RangeSet> sets;
  if (const auto ranges = request.runtime_config("ipRanges")) add_sets(sets, *ranges);
  if (ipam.has("subnet")) {
    with_context("invalid range set " + std::to_string(sets.size()), [&] { sets.push_back({parse_range(ipam)}); });
  }
  if (const auto ranges = ipam.find("ranges")) add_sets(sets, *ranges);
  ipam::validate_sets(sets, "/ipam/ranges");
  const auto v4 = std::count_if(sets.begin(), sets.end(), [](const RangeSet& set) { return set[0].start.is_v4(); });
  refuse_too_many(request, v4, static_cast<std::ptrdiff_t>(sets.size()) - v4, "/ipam/ranges");
  return sets;
}

std::vector<net::Ip> requested_addresses(const Request& request) {
  request.args.refuse_unknown({"MAC", "IP", "GATEWAY"});  // the main plugin has read them, too
  std::vector<net::Ip> requested;
  if (const auto text = request.args.find("IP")) {
    requested.push_back(parse_requested(*text, Code::invalid_environment, "CNI_ARGS"));
  }
  const auto add_all = [&](const std::optional<Json>& list) {
    if (!list) return;
    for (const Json& ip : list->elements(kMostRequested)) {
      requested.push_back(parse_requested(ip.as_text(), Code::invalid_config, ip.pointer()));
    }
  };
  add_all(request.cni_args("ips"));
  add_all(request.runtime_config("ips"));
  return requested;
}

contract::Result fixed_result(const Request& request) {
  const Json ipam = required_ipam(request);
  contract::Result result;
  for (const Json& route : ipam.list("routes")) result.routes.push_back(contract::parse_route(route));
  const std::string path = parse_absolute_path(ipam, "resolvConf");
  if (!path.empty()) result.dns = read_resolv_conf(path, "/ipam/resolvConf");
  return result;
}

}  // namespace patchbay::attach::host_local
