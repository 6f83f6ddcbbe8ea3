// SPDX-License-Identifier: Apache-2.0
#include "common/ipam/range.hpp"

#include <algorithm>
#include <array>

#include "common/base/error.hpp"

namespace patchbay::ipam {
namespace {

using net::Cidr;
using net::Ip;

Error broken(const std::string& pointer, std::string rule) {
  return std::move(Error{Code::invalid_config, std::move(rule)}.at(pointer));
}

// Subnets of point-to-point links have no network and broadcast address: RFC 3021 (/31), RFC 6164 (/127).
bool is_point_to_point(const Cidr& subnet) { return subnet.prefix == net::bits(subnet.family()) - 1; }

// Where no container can have its address: RFC 1122 3.2.1.3 (a), (b) and (g), RFC 5771, RFC 4291 2.4.
bool is_unusable(const Cidr& subnet) {
  static const std::array<const char*, 5> kUnusable{"0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "::1/128", "ff00::/8"};
  return std::any_of(kUnusable.begin(), kUnusable.end(),
                     [&](const char* text) { return Cidr::parse(text)->overlaps(subnet); });
}

Cidr canonical_subnet(const std::optional<Cidr>& given, const std::string& pointer) {
  if (!given) throw broken(pointer, "IP <nil> not v4 nor v6").expected("a subnet such as \"10.1.0.0/16\"");
  const Cidr& subnet = *given;
  if (subnet.prefix == net::bits(subnet.family())) {
    throw broken(pointer, "Network " + subnet.to_string() + " too small to allocate from")
        .expected("at least two addresses");
  }
  if (subnet != subnet.network()) {
    throw broken(pointer, "Network has host bits set. For a subnet mask of length " + std::to_string(subnet.prefix) +
                              " the network address is " + subnet.network().ip.to_string());
  }
  if (is_unusable(subnet)) {
    throw broken(pointer, "Network " + subnet.to_string() + " holds loopback or multicast addresses")
        .expected("unicast addresses that may leave a host");
  }
  return subnet;
}

// A gateway that cannot be reached on the link makes a container without a default route, which
// nobody notices until it is used. IPv6 routers are commonly named by their link-local address.
Ip checked_gateway(const Ip& gateway, const Cidr& subnet, const std::string& pointer) {
  const auto refuse = [&](const std::string& why) {
    throw broken(pointer, "gateway " + gateway.to_string() + " " + why)
        .expected("an address of " + subnet.to_string())
        .hint("leave it out to get " + subnet.ip.next().to_string());
  };
  if (gateway.family() != subnet.family()) refuse("is not of the family of " + subnet.to_string());
  if (!gateway.is_v4() && gateway.is_link_local()) return gateway;
  if (!subnet.contains(gateway)) refuse("is not in network " + subnet.to_string());
  if (is_point_to_point(subnet)) return gateway;
  if (gateway == subnet.ip) refuse("is the network address of " + subnet.to_string());
  if (gateway.is_v4() && gateway == subnet.last()) refuse("is the broadcast address of " + subnet.to_string());
  return gateway;
}

Ip default_end(const Cidr& subnet) {
  return subnet.ip.is_v4() && !is_point_to_point(subnet) ? subnet.last().previous() : subnet.last();
}

void validate_set(const RangeSet& set, const std::string& pointer) {
  if (set.empty()) throw broken(pointer, "empty range set").expected("at least one range");
  for (std::size_t i = 0; i < set.size(); ++i) {
    for (std::size_t j = i + 1; j < set.size(); ++j) {
      if (set[i].start.family() != set[j].start.family()) throw broken(pointer, "mixed address families");
      if (set[i].overlaps(set[j])) {
        throw broken(pointer, "subnets " + set[i].to_string() + " and " + set[j].to_string() + " overlap");
      }
    }
  }
}

bool overlap(const RangeSet& one, const RangeSet& other) {
  return std::any_of(one.begin(), one.end(), [&](const Range& range) {
    return std::any_of(other.begin(), other.end(), [&](const Range& second) { return range.overlaps(second); });
  });
}

}  // namespace

Range Range::canonical(const Input& input, const std::string& pointer) {
  Range range;
  range.subnet = canonical_subnet(input.subnet, pointer + "/subnet");
  const Ip first = is_point_to_point(range.subnet) ? range.subnet.ip : range.subnet.ip.next();
  range.gateway = input.gateway ? checked_gateway(*input.gateway, range.subnet, pointer + "/gateway") : first;
  range.start = input.start.value_or(first);
  range.end = input.end.value_or(default_end(range.subnet));
  if (!range.subnet.contains(range.start)) {
    throw broken(pointer + "/rangeStart",
                 "RangeStart " + range.start.to_string() + " not in network " + range.subnet.to_string());
  }
  if (!range.subnet.contains(range.end) || range.end < range.start) {
    throw broken(pointer + "/rangeEnd",
                 "RangeEnd " + range.end.to_string() + " not in network " + range.subnet.to_string())
        .expected("an address of the network, from " + range.start.to_string() + " on");
  }
  return range;
}

bool Range::overlaps(const Range& other) const {
  return start.family() == other.start.family() && start <= other.end && other.start <= end;
}

void validate_sets(const std::vector<RangeSet>& sets, const std::string& pointer) {
  if (sets.empty()) {
    throw broken(pointer, "no IP ranges specified").hint("give \"ranges\", such as [[{\"subnet\": \"10.1.0.0/16\"}]]");
  }
  for (std::size_t i = 0; i < sets.size(); ++i) {
    with_context("invalid range set " + std::to_string(i), [&] { validate_set(sets[i], pointer); });
  }
  for (std::size_t i = 0; i < sets.size(); ++i) {
    for (std::size_t j = i + 1; j < sets.size(); ++j) {
      if (!overlap(sets[i], sets[j])) continue;
      throw broken(pointer, "range set " + std::to_string(i) + " overlaps with " + std::to_string(j));
    }
  }
}

const Range* find_range(const RangeSet& set, const net::Ip& ip) {
  const auto found = std::find_if(set.begin(), set.end(), [&](const Range& range) { return range.contains(ip); });
  return found == set.end() ? nullptr : &*found;
}

std::string to_string(const RangeSet& set) {
  std::string text;
  for (const Range& range : set) text += (text.empty() ? "" : ",") + range.to_string();
  return text;
}

}  // namespace patchbay::ipam
