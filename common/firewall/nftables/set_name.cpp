// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/nftables/set_name.hpp"

#include <algorithm>
#include <array>

namespace patchbay::firewall::nftables {
namespace {

// How a name goes on behind its stem.
enum class Tail : std::uint8_t {
  none,
  family,  // "4" or "6"
  space,   // the same inside the stem, and a condition space when there is one: "hostports4_ip_if_0123…"
  subnet,
};

struct Scheme {
  Role role;
  std::string_view stem, after_family;
  Tail tail;
  Kind kind;
};

// Longer names first where one begins like another: parse() takes the first that fits.
constexpr std::array kSchemes{
    Scheme{Role::masquerade_host, "masq_hosts", "", Tail::family, Kind::masquerade},
    Scheme{Role::masquerade_all, "masq_all", "", Tail::family, Kind::host_port},
    Scheme{Role::masquerade, "masq_", "", Tail::subnet, Kind::masquerade},
    Scheme{Role::host_port_ip_only, "hostports", "_ip_only", Tail::space, Kind::host_port},
    Scheme{Role::host_port_ip, "hostports", "_ip", Tail::space, Kind::host_port},
    Scheme{Role::host_port, "hostports", "", Tail::space, Kind::host_port},
    Scheme{Role::published, "published", "", Tail::family, Kind::host_port},
    Scheme{Role::hairpin_host, "hairpin_hosts", "", Tail::family, Kind::host_port},
    Scheme{Role::hairpin, "hairpin_", "", Tail::subnet, Kind::host_port},
    Scheme{Role::guarded, "guarded", "", Tail::none, Kind::mac_spoof},
    Scheme{Role::allowed, "allowed", "", Tail::none, Kind::mac_spoof},
    Scheme{Role::forwarded, "forwarded", "", Tail::family, Kind::forward},
    Scheme{Role::confined, "confined", "", Tail::none, Kind::confinement},
    Scheme{Role::same_bridge, "same_bridge", "", Tail::none, Kind::confinement},
    Scheme{Role::isolated_port, "isolated_ports", "", Tail::none, Kind::isolation},
    Scheme{Role::isolated, "isolated", "", Tail::none, Kind::confinement},
};

const Scheme& scheme_of(Role role) {
  return *std::find_if(kSchemes.begin(), kSchemes.end(), [&](const Scheme& scheme) { return scheme.role == role; });
}

char digit(net::Family family) { return family == net::Family::v4 ? '4' : '6'; }

// nft's grammar allows letters, digits and / \ _ . in a name, and '-', but no ':'. An address has
// no '-' of its own, so this can be undone.
std::string encode(std::string text) { return std::replace(text.begin(), text.end(), ':', '-'), text; }
std::string decode(std::string text) { return std::replace(text.begin(), text.end(), '-', ':'), text; }

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::optional<SetName> parse_as(const Scheme& scheme, std::string_view rest) {
  SetName name{.role = scheme.role, .family = net::Family::v4, .qualifier = {}};
  if (!take(rest, scheme.stem)) return std::nullopt;
  if (scheme.tail == Tail::subnet) {
    name.qualifier = decode(std::string{rest});
    const auto subnet = name.subnet();
    if (!subnet) return std::nullopt;
    name.family = subnet->family();
    return name;
  }
  if (scheme.tail != Tail::none) {
    if (rest.empty() || (rest.front() != '4' && rest.front() != '6')) return std::nullopt;
    name.family = rest.front() == '4' ? net::Family::v4 : net::Family::v6;
    rest.remove_prefix(1);
  }
  if (!take(rest, scheme.after_family)) return std::nullopt;
  if (scheme.tail == Tail::space && take(rest, "_")) {
    if (!rest.starts_with("if_")) return std::nullopt;
    name.qualifier = rest;
    return name;
  }
  return rest.empty() ? std::optional{name} : std::nullopt;
}

SetName of_subnet(Role shared, Role lone, const net::Cidr& address) {
  if (address.prefix == net::bits(address.family())) return {lone, address.family(), {}};
  return {shared, address.family(), address.network().to_string()};
}

}  // namespace

Table table_of(Kind kind) { return kind == Kind::mac_spoof || kind == Kind::isolation ? Table::bridge : Table::inet; }

std::string SetName::text() const {
  const Scheme& scheme = scheme_of(role);
  std::string text{scheme.stem};
  if (scheme.tail == Tail::subnet) return text + encode(qualifier);
  if (scheme.tail != Tail::none) text += digit(family);
  text += scheme.after_family;
  if (!qualifier.empty()) text += "_" + qualifier;
  return text;
}

std::optional<SetName> SetName::parse(std::string_view text) {
  for (const Scheme& scheme : kSchemes) {
    if (auto name = parse_as(scheme, text)) return name;
  }
  return std::nullopt;
}

Kind SetName::kind() const { return scheme_of(role).kind; }

Table SetName::table() const { return table_of(kind()); }

Columns SetName::key() const {
  const Column address = family == net::Family::v4 ? Column::ipv4_addr : Column::ipv6_addr;
  switch (role) {
    case Role::host_port:
    case Role::host_port_ip_only:
      return {Column::inet_proto, Column::inet_service};
    case Role::host_port_ip:
    case Role::published:
      return {address, Column::inet_proto, Column::inet_service};
    case Role::hairpin_host:
      return {address, address};
    case Role::guarded:
    case Role::confined:
    case Role::isolated_port:
      return {Column::ifname};
    case Role::same_bridge:
    case Role::isolated:
      return {Column::ifname, Column::ifname};
    case Role::allowed:
      return {Column::ifname, Column::ether_addr};
    case Role::masquerade:
    case Role::masquerade_host:
    case Role::hairpin:
    case Role::masquerade_all:
    case Role::forwarded:
      break;
  }
  return {address};
}

Columns SetName::data() const {
  if (role != Role::host_port && role != Role::host_port_ip) return {};
  return {family == net::Family::v4 ? Column::ipv4_addr : Column::ipv6_addr, Column::inet_service};
}

std::optional<net::Cidr> SetName::subnet() const { return net::Cidr::parse(qualifier); }

SetName masquerade_set(const net::Cidr& address) { return of_subnet(Role::masquerade, Role::masquerade_host, address); }

SetName hairpin_set(const net::Cidr& address) { return of_subnet(Role::hairpin, Role::hairpin_host, address); }

}  // namespace patchbay::firewall::nftables
