// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstring>

#include "common/base/error.hpp"
#include "common/firewall/iptables/detail/header.hpp"
#include "common/firewall/iptables/entry.hpp"

namespace patchbay::firewall::iptables {
namespace {

using namespace detail;

template <std::size_t Size>
void copy_name(char (&to)[Size], std::string_view from) {
  if (from.size() >= Size) throw Error{Code::internal, "\"" + std::string{from} + "\" is too long for a rule"};
  std::memcpy(to, from.data(), from.size());
}

// --- matches and targets: a head (size, name, revision), then the extension's own struct ---------------

template <typename Head>
void append(Bytes& bytes, std::string_view name, std::uint8_t revision, const Bytes& info) {
  const std::size_t size = aligned(sizeof(Head)) + info.size();
  Head head{};
  head.u.user.revision = revision;
  copy_name(head.u.user.name, name);
  if constexpr (std::is_same_v<Head, xt_entry_match>) {
    head.u.match_size = static_cast<std::uint16_t>(size);
  } else {
    head.u.target_size = static_cast<std::uint16_t>(size);
  }
  const std::size_t start = bytes.size();
  bytes.resize(start + size);  // "Yes, Virginia, you have to zero the padding."
  std::memcpy(bytes.data() + start, &head, sizeof head);
  std::copy(info.begin(), info.end(), bytes.begin() + static_cast<std::ptrdiff_t>(start + aligned(sizeof(Head))));
}

void append_match(Bytes& bytes, const Match& match, std::uint8_t protocol) {
  const Extension extension = extension_of(match, protocol);
  append<xt_entry_match>(bytes, extension.name, extension.revision, extension.info);
}

// Verdicts and jumps are "standard targets"; libiptc turns the name into a number.
std::optional<std::string_view> standard_target(const Target& target) {
  if (std::holds_alternative<Accept>(target)) return "ACCEPT";
  if (std::holds_alternative<Drop>(target)) return "DROP";
  if (std::holds_alternative<Return>(target)) return "RETURN";
  const auto* jump = std::get_if<Jump>(&target);
  return jump == nullptr ? std::nullopt : std::optional<std::string_view>{jump->chain};
}

void append_target(Bytes& bytes, const Target& target, net::Family family) {
  if (const auto name = standard_target(target)) {
    return append<xt_entry_target>(bytes, *name, 0, Bytes(aligned(sizeof(int))));
  }
  const Extension extension = extension_of(target, family);
  append<xt_entry_target>(bytes, extension.name, extension.revision, extension.info);
}

// --- the header ------------------------------------------------------------------------------------------

void write_subnet(const Subnet& subnet, void* address, void* mask) {
  const net::Ip ip = subnet.cidr.network().ip;
  const net::Ip host_bits = net::Ip::any(ip.family()).with_host_bits(subnet.cidr.prefix);
  std::array<unsigned char, 16> ones{};
  std::transform(host_bits.data(), host_bits.data() + ip.size(), ones.begin(),
                 [](unsigned char byte) { return static_cast<unsigned char>(~byte); });
  std::memcpy(address, ip.data(), ip.size());
  std::memcpy(mask, ones.data(), ip.size());
}

// xtables_parse_interface(): without wildcard the NUL is compared too; with one, the '+' is kept in
// the name and left out of the mask.
void write_interface(const Interface& interface, char (&name)[IFNAMSIZ], unsigned char (&mask)[IFNAMSIZ]) {
  copy_name(name, interface.name);
  const std::size_t length = interface.name.size();
  std::memset(mask, 0xFF, interface.name.ends_with('+') ? length - 1 : length + 1);
}

template <typename Version>
Bytes encode_as(const Rule& rule) {
  using Entry = typename Version::Entry;
  Entry entry{};
  auto& header = Version::header(entry);
  if (rule.source) write_subnet(*rule.source, &header.src, &header.smsk);
  if (rule.destination) write_subnet(*rule.destination, &header.dst, &header.dmsk);
  if (rule.in) write_interface(*rule.in, header.iniface, header.iniface_mask);
  if (rule.out) write_interface(*rule.out, header.outiface, header.outiface_mask);
  header.proto = rule.protocol;
  header.flags = rule.protocol == 0 ? std::uint8_t{0} : Version::kProtocolFlag;
  const auto inverted = [](const auto& field, unsigned bit) { return field && field->negated ? bit : 0U; };
  header.invflags = static_cast<std::uint8_t>(
      inverted(rule.source, Version::kInvertSource) | inverted(rule.destination, Version::kInvertDestination) |
      inverted(rule.in, Version::kInvertIn) | inverted(rule.out, Version::kInvertOut));
  entry.nfcache = rule.attachment;

  Bytes bytes(sizeof(Entry));
  for (const Match& match : rule.matches) append_match(bytes, match, rule.protocol);
  entry.target_offset = static_cast<std::uint16_t>(bytes.size());
  append_target(bytes, rule.target, Version::kFamily);
  entry.next_offset = static_cast<std::uint16_t>(bytes.size());
  std::memcpy(bytes.data(), &entry, sizeof entry);
  return bytes;
}

}  // namespace

Bytes encode(net::Family family, const Rule& rule) {
  return family == net::Family::v4 ? encode_as<V4>(rule) : encode_as<V6>(rule);
}

}  // namespace patchbay::firewall::iptables
