// SPDX-License-Identifier: Apache-2.0
#include "plugins/meta/bandwidth/config.hpp"

#include "common/base/error.hpp"

namespace patchbay::bandwidth {
namespace {

using contract::Json;

constexpr Json::Bounds kBits{0, INT64_MAX};
constexpr std::uint64_t kMostBurstBytes = UINT32_MAX;

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
  return limit;
}

bool has_limits(const Json& json) {
  return json.has("ingressRate") || json.has("ingressBurst") || json.has("egressRate") || json.has("egressBurst");
}

}  // namespace

Limits parse_limits(const contract::Request& request) {
  std::optional<Json> source;
  if (has_limits(request.config)) {
    source = request.config;
  } else {
    source = request.runtime_config("bandwidth");
  }
  if (!source) return {};
  return {.ingress = parse_limit(*source, "ingress"), .egress = parse_limit(*source, "egress")};
}

}  // namespace patchbay::bandwidth
