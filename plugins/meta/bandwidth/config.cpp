// SPDX-License-Identifier: Apache-2.0
#include "plugins/meta/bandwidth/config.hpp"

#include "common/base/error.hpp"
#include "common/netlink/traffic.hpp"

namespace patchbay::bandwidth {
namespace {

using contract::Json;

constexpr Json::Bounds kBits{0, INT64_MAX};
constexpr std::uint64_t kMostBurstBytes = UINT32_MAX;
constexpr std::size_t kMostSubnets = 256;
constexpr const char* kShaped = "shapedSubnets";
constexpr const char* kUnshaped = "unshapedSubnets";

std::uint64_t bits(const Json& json, const std::string& key) {
  return static_cast<std::uint64_t>(json.integer(key, kBits).value_or(0));
}

std::optional<Limit> parse_limit(const Json& json, const std::string& direction) {
  const std::string rate_key = direction + "Rate", burst_key = direction + "Burst";
  const Limit limit{.rate = bits(json, rate_key), .burst = bits(json, burst_key)};
  if (limit.rate == 0 && limit.burst == 0) return std::nullopt;
  const auto refuse = [&](const std::string& key, const char* why) {
    return std::move(Error{Code::invalid_config, why}.at(json.pointer() + "/" + key));
  };
  if (limit.burst == 0) throw refuse(burst_key, "if rate is set, burst must also be set").expected("bits, at least 8");
  if (limit.rate == 0) throw refuse(rate_key, "if burst is set, rate must also be set").expected("bits per second");
  if (limit.burst / 8 >= kMostBurstBytes) throw refuse(burst_key, "burst cannot be more than 4GB");
  if (netlink::traffic::token_bucket(limit.rate, limit.burst).buffer == 0) {
    throw refuse(burst_key, "at this rate the burst is over within a microsecond").expected("some packets, in bits");
  }
  return limit;
}

bool has_limits(const Json& json) {
  return json.has("ingressRate") || json.has("ingressBurst") || json.has("egressRate") || json.has("egressBurst");
}

std::vector<net::Cidr> parse_list(const Json& json, const char* key) {
  std::vector<net::Cidr> subnets;
  for (const Json& element : json.list(key, kMostSubnets)) {
    const std::string text = element.as_text();
    const auto subnet = net::Cidr::parse(text);
    if (!subnet) {
      throw Error{Code::invalid_config, "not a subnet: " + text.substr(0, 64)}
          .at(element.pointer())
          .expected("CIDR notation, as in 10.0.0.0/8 or fd00::/8");
    }
    subnets.push_back(*subnet);
  }
  return subnets;
}

Subnets parse_subnets(const Json& json) {
  Subnets shaped{.list = parse_list(json, kShaped), .shaped = true};
  Subnets unshaped{.list = parse_list(json, kUnshaped), .shaped = false};
  if (shaped.list.empty()) return unshaped;
  if (unshaped.list.empty()) return shaped;
  throw Error{Code::invalid_config, "unshapedSubnets and shapedSubnets cannot be both specified"}.at(json.pointer() +
                                                                                                     "/" + kShaped);
}

}  // namespace

Limits parse_limits(const contract::Request& request) {
  const auto runtime = request.runtime_config("bandwidth");
  Subnets subnets = parse_subnets(request.config);
  std::optional<Json> source;
  if (has_limits(request.config)) {
    source = request.config;
  } else if (runtime) {
    source = runtime;
    if (Subnets own = parse_subnets(*runtime); !own.list.empty()) subnets = std::move(own);
  }
  if (!source) return {};
  return {.ingress = parse_limit(*source, "ingress"),
          .egress = parse_limit(*source, "egress"),
          .subnets = std::move(subnets)};
}

}  // namespace patchbay::bandwidth
