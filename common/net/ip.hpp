// SPDX-License-Identifier: Apache-2.0
// Addresses and subnets as values: parse, print, compare, count.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::net {

// The values of AF_INET and AF_INET6 (checked in ip.cpp).
enum class Family : std::uint8_t { v4 = 2, v6 = 10 };

constexpr unsigned bits(Family family) { return family == Family::v4 ? 32 : 128; }

// An IPv4 or IPv6 address, network byte order. An IPv4-mapped IPv6 address is the IPv4 address.
class Ip {
 public:
  Ip() = default;  // 0.0.0.0
  static std::optional<Ip> parse(std::string_view text);
  // `bytes` holds 4 or 16 octets in network order.
  static Ip from_bytes(Family family, const void* bytes);
  static Ip any(Family family);

  [[nodiscard]] Family family() const { return family_; }
  [[nodiscard]] bool is_v4() const { return family_ == Family::v4; }
  [[nodiscard]] const std::uint8_t* data() const { return bytes_.data(); }
  [[nodiscard]] std::size_t size() const { return bits(family_) / 8; }
  [[nodiscard]] std::string to_string() const;  // dotted quad, or RFC 5952

  [[nodiscard]] bool is_unspecified() const;
  [[nodiscard]] bool is_loopback() const;
  [[nodiscard]] bool is_multicast() const;
  [[nodiscard]] bool is_link_local() const;
  // One interface's, and reachable from others: neither of the above but link-local, nor 255.255.255.255.
  [[nodiscard]] bool is_assignable() const;

  [[nodiscard]] Ip masked(unsigned prefix) const;          // host bits cleared
  [[nodiscard]] Ip with_host_bits(unsigned prefix) const;  // host bits set
  // The address `steps` further on; wraps at the end of the family.
  [[nodiscard]] Ip plus(std::uint64_t steps) const;
  [[nodiscard]] Ip next() const { return plus(1); }
  [[nodiscard]] Ip previous() const;

  auto operator<=>(const Ip&) const = default;  // IPv4 before IPv6, then numerically

 private:
  Family family_ = Family::v4;
  std::array<std::uint8_t, 16> bytes_{};
};

// An address with its prefix length, host bits kept: "10.1.2.3/24". Also used for subnets.
struct Cidr {
  Ip ip;
  std::uint8_t prefix = 0;

  // Strict: "address/prefix", no leading zeros, prefix within the family.
  static std::optional<Cidr> parse(std::string_view text);
  static Cidr host(const Ip& ip) { return {ip, static_cast<std::uint8_t>(bits(ip.family()))}; }

  [[nodiscard]] Family family() const { return ip.family(); }
  [[nodiscard]] Cidr network() const { return {ip.masked(prefix), prefix}; }
  [[nodiscard]] bool contains(const Ip& other) const;
  [[nodiscard]] bool overlaps(const Cidr& other) const;
  [[nodiscard]] Ip last() const { return ip.with_host_bits(prefix); }  // the broadcast address, in IPv4
  [[nodiscard]] bool is_default() const { return prefix == 0; }
  [[nodiscard]] std::string to_string() const { return ip.to_string() + "/" + std::to_string(prefix); }

  auto operator<=>(const Cidr&) const = default;
};

// Those of one family, in their order.
std::vector<Cidr> of_family(std::vector<Cidr> addresses, Family family);

}  // namespace patchbay::net
