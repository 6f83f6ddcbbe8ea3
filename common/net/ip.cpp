// SPDX-License-Identifier: Apache-2.0
#include "common/net/ip.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace patchbay::net {

static_assert(static_cast<int>(Family::v4) == AF_INET && static_cast<int>(Family::v6) == AF_INET6);

namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

// The bits of octet `index` that belong to a prefix of `prefix` bits.
constexpr std::uint8_t prefix_mask(std::size_t index, unsigned prefix) {
  const unsigned first_bit = static_cast<unsigned>(index) * 8;
  if (prefix >= first_bit + 8) return 0xFF;
  if (prefix <= first_bit) return 0;
  return static_cast<std::uint8_t>(0xFF00U >> (prefix - first_bit));
}

std::string dotted_quad(const std::array<std::uint8_t, 16>& octets) {
  std::string text = std::to_string(octets[0]);
  for (std::size_t i = 1; i < 4; ++i) text += '.' + std::to_string(octets[i]);
  return text;
}

using Groups = std::array<unsigned, 8>;

// Where "::" goes: the longest run of at least two zero groups, the first of equals (RFC 5952, 4.2).
std::pair<std::size_t, std::size_t> longest_zeros(const Groups& groups) {
  std::size_t best = groups.size(), best_length = 1;
  for (std::size_t start = 0; start < groups.size(); ++start) {
    std::size_t end = start;
    while (end < groups.size() && groups[end] == 0) ++end;
    if (end - start > best_length) {
      best = start;
      best_length = end - start;
    }
  }
  return {best, best_length};
}

// Not inet_ntop(3), which writes ::1:2 as "::0.1.0.2".
std::string rfc5952(const std::array<std::uint8_t, 16>& octets) {
  Groups groups{};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i] = static_cast<unsigned>(octets[2 * i] << 8U) | octets[2 * i + 1];
  }
  const auto [gap, gap_length] = longest_zeros(groups);
  std::string text;
  for (std::size_t i = 0; i < groups.size();) {
    if (i == gap) {
      text += "::";
      i += gap_length;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    std::array<char, 4> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), groups[i], 16).ptr;
    text.append(digits.data(), end);
    ++i;
  }
  return text;
}

}  // namespace

std::optional<Ip> Ip::parse(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.empty() || text.size() >= copy.size()) return std::nullopt;
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  std::copy(text.begin(), text.end(), copy.begin());
  const Family family = text.find(':') == std::string_view::npos ? Family::v4 : Family::v6;
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(static_cast<int>(family), copy.data(), bytes.data()) != 1) return std::nullopt;
  return from_bytes(family, bytes.data());
}

Ip Ip::from_bytes(Family family, const void* bytes) {
  Ip ip;
  const auto* octets = static_cast<const std::uint8_t*>(bytes);
  if (family == Family::v6 && std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), octets)) {
    family = Family::v4;
    octets += kMappedPrefix.size();
  }
  ip.family_ = family;
  std::copy_n(octets, ip.size(), ip.bytes_.begin());
  return ip;
}

Ip Ip::any(Family family) {
  Ip ip;
  ip.family_ = family;
  return ip;
}

std::string Ip::to_string() const { return is_v4() ? dotted_quad(bytes_) : rfc5952(bytes_); }

bool Ip::is_unspecified() const { return *this == any(family_); }

bool Ip::is_loopback() const { return is_v4() ? bytes_[0] == 127 : *this == any(Family::v6).next(); }

bool Ip::is_multicast() const { return is_v4() ? (bytes_[0] & 0xF0U) == 0xE0 : bytes_[0] == 0xFF; }

bool Ip::is_link_local() const {
  return is_v4() ? bytes_[0] == 169 && bytes_[1] == 254 : bytes_[0] == 0xFE && (bytes_[1] & 0xC0U) == 0x80;
}

bool Ip::is_assignable() const {
  const bool is_broadcast = is_v4() && *this == any(Family::v4).with_host_bits(0);
  return !is_unspecified() && !is_loopback() && !is_multicast() && !is_broadcast;
}

Ip Ip::masked(unsigned prefix) const {
  Ip ip = *this;
  for (std::size_t i = 0; i < size(); ++i) ip.bytes_[i] &= prefix_mask(i, prefix);
  return ip;
}

Ip Ip::with_host_bits(unsigned prefix) const {
  Ip ip = *this;
  for (std::size_t i = 0; i < size(); ++i) ip.bytes_[i] |= static_cast<std::uint8_t>(~prefix_mask(i, prefix));
  return ip;
}

Ip Ip::plus(std::uint64_t steps) const {
  Ip ip = *this;
  for (std::size_t i = size(); i-- > 0 && steps != 0;) {
    const std::uint64_t sum = ip.bytes_[i] + (steps & 0xFFU);
    ip.bytes_[i] = static_cast<std::uint8_t>(sum);
    steps = (steps >> 8U) + (sum >> 8U);
  }
  return ip;
}

Ip Ip::previous() const {
  Ip ip = *this;
  for (std::size_t i = size(); i-- > 0;) {
    if (ip.bytes_[i]-- != 0) break;
  }
  return ip;
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto ip = Ip::parse(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  if (!ip || digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits[0] == '0')) return std::nullopt;
  unsigned prefix = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (failure != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  // "::ffff:10.1.2.0/120" is 10.1.2.0/24; with less than 96 bits it would be no IPv4 subnet.
  const bool mapped = ip->is_v4() && text.find(':') != std::string_view::npos;
  if (mapped && prefix < 96) return std::nullopt;
  if (mapped) prefix -= 96;
  if (prefix > bits(ip->family())) return std::nullopt;
  return Cidr{*ip, static_cast<std::uint8_t>(prefix)};
}

bool Cidr::contains(const Ip& other) const {
  return other.family() == family() && other.masked(prefix) == ip.masked(prefix);
}

bool Cidr::overlaps(const Cidr& other) const {
  const unsigned shorter = std::min(prefix, other.prefix);
  return family() == other.family() && ip.masked(shorter) == other.ip.masked(shorter);
}

std::vector<Cidr> of_family(std::vector<Cidr> addresses, Family family) {
  std::erase_if(addresses, [family](const Cidr& address) { return address.family() != family; });
  return addresses;
}

}  // namespace patchbay::net
