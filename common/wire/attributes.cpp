// SPDX-License-Identifier: Apache-2.0
// Reading attributes (RFC 3549 section 2.3.2.2; <linux/netlink.h>).
#include <arpa/inet.h>
#include <linux/netlink.h>

#include <bit>

#include "common/wire/message.hpp"

namespace patchbay::wire {
namespace {

// Takes the first attribute off `bytes`; nullopt at the end, and where the rest makes no sense.
std::optional<Attribute> take(std::span<const std::uint8_t>& bytes) {
  nlattr header;
  if (bytes.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.nla_len < sizeof header || header.nla_len > bytes.size()) return std::nullopt;
  const Attribute attribute{.type = static_cast<std::uint16_t>(header.nla_type & NLA_TYPE_MASK),
                            .payload = bytes.subspan(sizeof header, header.nla_len - sizeof header)};
  bytes = bytes.subspan(std::min<std::size_t>(NLA_ALIGN(header.nla_len), bytes.size()));
  return attribute;
}

template <typename Integer>
std::optional<Integer> integer(const Attributes& attributes, std::uint16_t type) {
  const auto attribute = attributes.find(type);
  if (!attribute || attribute->payload.size() < sizeof(Integer)) return std::nullopt;
  Integer value;
  std::memcpy(&value, attribute->payload.data(), sizeof value);
  return value;
}

}  // namespace

std::optional<Attribute> Attributes::find(std::uint16_t type) const {
  auto rest = bytes_;
  while (const auto attribute = take(rest)) {
    if (attribute->type == type) return attribute;
  }
  return std::nullopt;
}

void Attributes::for_each(const std::function<void(const Attribute&)>& visit) const {
  auto rest = bytes_;
  while (const auto attribute = take(rest)) visit(*attribute);
}

std::optional<std::uint8_t> Attributes::u8(std::uint16_t type) const { return integer<std::uint8_t>(*this, type); }
std::optional<std::uint16_t> Attributes::u16(std::uint16_t type) const { return integer<std::uint16_t>(*this, type); }
std::optional<std::uint32_t> Attributes::u32(std::uint16_t type) const { return integer<std::uint32_t>(*this, type); }

std::optional<std::uint16_t> Attributes::be16(std::uint16_t type) const {
  const auto value = u16(type);
  return value ? std::optional{ntohs(*value)} : std::nullopt;
}

std::optional<std::uint32_t> Attributes::be32(std::uint16_t type) const {
  const auto value = u32(type);
  return value ? std::optional{ntohl(*value)} : std::nullopt;
}

std::optional<std::uint64_t> Attributes::be64(std::uint16_t type) const {
  const auto value = integer<std::uint64_t>(*this, type);
  if (!value || std::endian::native == std::endian::big) return value;
  return __builtin_bswap64(*value);
}

std::string Attributes::text(std::uint16_t type) const {
  const auto attribute = find(type);
  if (!attribute) return {};
  const std::string_view all{reinterpret_cast<const char*>(attribute->payload.data()), attribute->payload.size()};
  return std::string{all.substr(0, all.find('\0'))};
}

Attributes Attributes::nested(std::uint16_t type) const {
  const auto attribute = find(type);
  return Attributes{attribute ? attribute->payload : std::span<const std::uint8_t>{}};
}

}  // namespace patchbay::wire
