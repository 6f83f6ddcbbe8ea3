// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "common/firewall/iptables/detail/header.hpp"
#include "common/firewall/iptables/entry.hpp"

namespace patchbay::firewall::iptables {
namespace {

using namespace detail;

// One match or target: its head and what follows it.
template <typename Head>
ExtensionView extension(const unsigned char* start, std::size_t size) {
  Head head;
  std::memcpy(&head, start, sizeof head);
  const auto* name = reinterpret_cast<const char*>(start) + (head.u.user.name - reinterpret_cast<const char*>(&head));
  return {.name = {name, strnlen(name, sizeof head.u.user.name)},
          .revision = head.u.user.revision,
          .info = {start + aligned(sizeof(Head)), size - std::min(size, aligned(sizeof(Head)))}};
}

Target read_target(const ExtensionView& target, net::Family family, std::string_view name, bool standard) {
  if (!standard) return target_of(target, family).value_or(Foreign{std::string{name}});
  if (name == "ACCEPT") return Accept{};
  if (name == "DROP") return Drop{};
  if (name == "RETURN") return Return{};
  const bool verdict = name.empty() || name == "QUEUE";
  if (verdict) return Foreign{std::string{name}};
  return Jump{std::string{name}};
}

// --- the header ------------------------------------------------------------------------------------------

// nullopt when the mask is no prefix.
std::optional<unsigned> prefix_of(const unsigned char* mask, std::size_t size) {
  unsigned prefix = 0;
  while (prefix < size * 8 && (mask[prefix / 8] >> (7 - prefix % 8) & 1) != 0) ++prefix;
  for (unsigned bit = prefix; bit < size * 8; ++bit) {
    if ((mask[bit / 8] >> (7 - bit % 8) & 1) != 0) return std::nullopt;
  }
  return prefix;
}

// False when it cannot be said as a subnet.
bool read_subnet(net::Family family, const void* address, const void* mask, bool negated,
                 std::optional<Subnet>& subnet) {
  const auto prefix = prefix_of(static_cast<const unsigned char*>(mask), net::bits(family) / 8);
  if (!prefix) return false;
  if (*prefix == 0 && !negated) return true;
  const auto ip = net::Ip::from_bytes(family, address);
  if (ip.family() != family) return false;  // IPv4-mapped, which is IPv4's for us
  subnet = Subnet{{ip, static_cast<std::uint8_t>(*prefix)}, negated};
  return true;
}

void read_interface(const char (&name)[IFNAMSIZ], const unsigned char (&mask)[IFNAMSIZ], bool negated,
                    std::optional<Interface>& interface) {
  const std::size_t length = strnlen(name, IFNAMSIZ);
  if (length == 0 && !negated) return;
  interface = Interface{{name, length}, negated};
  const bool wildcard = length < IFNAMSIZ && mask[length] == 0;
  if (wildcard && !interface->name.ends_with('+')) interface->name += '+';
}

template <typename Version>
bool read_header(const typename Version::Entry& entry, Rule& rule) {
  constexpr unsigned kKnown =
      Version::kInvertSource | Version::kInvertDestination | Version::kInvertIn | Version::kInvertOut;
  const auto& header = Version::header(entry);
  const unsigned inverted = header.invflags;
  const auto family = Version::kFamily;
  rule.attachment = entry.nfcache;
  rule.protocol = static_cast<std::uint8_t>(header.proto);
  read_interface(header.iniface, header.iniface_mask, (inverted & Version::kInvertIn) != 0, rule.in);
  read_interface(header.outiface, header.outiface_mask, (inverted & Version::kInvertOut) != 0, rule.out);
  return read_subnet(family, &header.src, &header.smsk, (inverted & Version::kInvertSource) != 0, rule.source) &&
         read_subnet(family, &header.dst, &header.dmsk, (inverted & Version::kInvertDestination) != 0,
                     rule.destination) &&
         (inverted & ~kKnown) == 0 && header.flags == (rule.protocol == 0 ? 0 : Version::kProtocolFlag);
}

template <typename Version>
Rule decode_as(const std::string& chain, const void* bytes, std::string_view target_name, bool standard) {
  using Entry = typename Version::Entry;
  const auto* start = static_cast<const unsigned char*>(bytes);
  Entry entry;
  std::memcpy(&entry, start, sizeof entry);
  Rule rule{.chain = chain};
  if (!read_header<Version>(entry, rule)) rule.matches.emplace_back(Foreign{"header"});
  for (std::size_t at = sizeof(Entry); at + sizeof(xt_entry_match) <= entry.target_offset;) {
    std::uint16_t size = 0;
    std::memcpy(&size, start + at, sizeof size);
    if (size < sizeof(xt_entry_match) || at + size > entry.target_offset) break;
    const ExtensionView match = extension<xt_entry_match>(start + at, size);
    rule.matches.push_back(match_of(match).value_or(Foreign{std::string{match.name}}));
    at += size;
  }
  const ExtensionView target = extension<xt_entry_target>(
      start + entry.target_offset, static_cast<std::size_t>(entry.next_offset) - entry.target_offset);
  rule.target = read_target(target, Version::kFamily, target_name, standard);
  return rule;
}

}  // namespace

Rule decode(net::Family family, const std::string& chain, const void* entry, std::string_view target, bool standard) {
  return family == net::Family::v4 ? decode_as<V4>(chain, entry, target, standard)
                                   : decode_as<V6>(chain, entry, target, standard);
}

}  // namespace patchbay::firewall::iptables
