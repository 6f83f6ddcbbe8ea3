// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/nftables/element.hpp"

#include <net/if.h>

#include <algorithm>
#include <tuple>

namespace patchbay::firewall::nftables {
namespace {

// Reads columns back, one after the other; what is missing reads as zero.
class Reader {
 public:
  explicit Reader(const Bytes& bytes) : bytes_(bytes) {}
  net::Ip address(net::Family family) {
    const Bytes raw = next(net::bits(family) / 8);
    return net::Ip::from_bytes(family, raw.data());
  }
  std::string protocol() {
    switch (static_cast<Protocol>(next(1).front())) {
      case Protocol::tcp:
        return "tcp";
      case Protocol::udp:
        return "udp";
      case Protocol::sctp:
        return "sctp";
    }
    return "?";
  }
  std::string port() {
    const Bytes raw = next(2);
    return std::to_string(raw[0] << 8 | raw[1]);
  }
  std::string ifname() {
    const Bytes raw = next(IFNAMSIZ);
    return {raw.begin(), std::find(raw.begin(), raw.end(), std::uint8_t{0})};
  }
  std::string mac() {
    net::Mac mac;
    std::ranges::copy(next(mac.octets.size()), mac.octets.begin());
    return mac.to_string();
  }

  std::string read(Column column) {
    switch (column) {
      case Column::ipv4_addr:
        return address(net::Family::v4).to_string();
      case Column::ipv6_addr:
        return address(net::Family::v6).to_string();
      case Column::inet_proto:
        return protocol();
      case Column::inet_service:
        return port();
      case Column::ifname:
        return ifname();
      case Column::ether_addr:
        return mac();
    }
    return "?";
  }

 private:
  Bytes next(std::size_t size) {
    Bytes taken(size);
    for (std::size_t i = 0; i < size && at_ + i < bytes_.size(); ++i) taken[i] = bytes_[at_ + i];
    at_ += (size + 3) / 4 * 4;
    return taken;
  }
  const Bytes& bytes_;
  std::size_t at_ = 0;
};

std::string host_and_port(const net::Ip& ip, const std::string& port) {
  return (ip.is_v4() ? ip.to_string() : "[" + ip.to_string() + "]") + ":" + port;
}

// protocol . port of a host_port_ip key.
Bytes without_address(const Element& host_port_ip) {
  const auto address = static_cast<std::ptrdiff_t>(net::bits(host_port_ip.set.family) / 8);
  return {host_port_ip.key.begin() + std::min(address, std::ssize(host_port_ip.key)), host_port_ip.key.end()};
}

SetName sibling(SetName name, Role role) { return name.role = role, name; }

void drop_placeholders(Elements& elements) {
  std::erase_if(elements, [](const auto& entry) { return is_placeholder(entry.second); });
}

void derive_for(Sets& sets, const SetName& by_address) {
  Elements& everywhere = sets[sibling(by_address, Role::host_port)];
  Elements& guards = sets[sibling(by_address, Role::host_port_ip_only)];
  drop_placeholders(everywhere);
  guards.clear();
  for (const auto& [key, element] : sets[by_address]) {
    Element blocker = placeholder(element);
    const auto [at, inserted] = everywhere.try_emplace(blocker.key, blocker);
    if (!inserted && !is_placeholder(at->second)) continue;  // one owner has the port on all addresses
    guards[blocker.key] = placeholder_guard(element);
  }
}

}  // namespace

bool in_order(const Element& one, const Element& other) {
  return std::tie(one.set, one.key) < std::tie(other.set, other.key);
}

bool at_same_place(const Element& one, const Element& other) { return one.set == other.set && one.key == other.key; }

bool is_host_port(const Element& element) {
  return element.set.role == Role::host_port || element.set.role == Role::host_port_ip;
}

bool publishes(const Element& element, Protocol protocol) {
  if (!is_host_port(element)) return false;
  const Bytes& key = element.set.role == Role::host_port ? element.key : without_address(element);
  return !key.empty() && key.front() == static_cast<std::uint8_t>(protocol);
}

Element placeholder(const Element& host_port_ip) {
  const SetName name = sibling(host_port_ip.set, Role::host_port);
  return {name, without_address(host_port_ip), Bytes(width(name.data())), std::string{kPlaceholder}};
}

Element placeholder_guard(const Element& host_port_ip) {
  return {
      sibling(host_port_ip.set, Role::host_port_ip_only), without_address(host_port_ip), {}, std::string{kPlaceholder}};
}

bool is_placeholder(const Element& element) { return element.comment == kPlaceholder; }

void derive_placeholders(Sets& sets) {
  std::vector<SetName> by_address;
  for (const auto& [name, elements] : sets) {
    if (name.role == Role::host_port_ip) by_address.push_back(name);
  }
  for (const SetName& name : by_address) derive_for(sets, name);
}

void Fields::pad() { bytes_.resize((bytes_.size() + 3) / 4 * 4); }

Fields& Fields::address(const net::Ip& ip) {
  bytes_.insert(bytes_.end(), ip.data(), ip.data() + ip.size());
  return *this;
}

Fields& Fields::protocol(Protocol protocol) {
  bytes_.push_back(static_cast<std::uint8_t>(protocol));
  return pad(), *this;
}

Fields& Fields::port(std::uint16_t port) {
  bytes_.push_back(static_cast<std::uint8_t>(port >> 8));
  bytes_.push_back(static_cast<std::uint8_t>(port & 0xFF));
  return pad(), *this;
}

Fields& Fields::ifname(std::string_view name) {
  const std::size_t end = bytes_.size() + IFNAMSIZ;
  name = name.substr(0, IFNAMSIZ - 1);
  bytes_.insert(bytes_.end(), name.begin(), name.end());
  bytes_.resize(end);
  return *this;
}

Fields& Fields::mac(const net::Mac& mac) {
  bytes_.insert(bytes_.end(), mac.octets.begin(), mac.octets.end());
  return pad(), *this;
}

std::size_t width(const Columns& columns) {
  std::size_t size = 0;
  for (const Column column : columns) {
    switch (column) {
      case Column::ipv6_addr:
      case Column::ifname:
        size += 16;
        break;
      case Column::ether_addr:
        size += 8;
        break;
      case Column::ipv4_addr:
      case Column::inet_proto:
      case Column::inet_service:
        size += 4;
    }
  }
  return size;
}

std::string key_text(const Element& element) {
  Reader reader{element.key};
  std::string text;
  for (const Column column : element.set.key()) text += (text.empty() ? "" : " . ") + reader.read(column);
  return text;
}

std::string host_port_text(const Element& element) {
  Reader reader{element.key};
  std::optional<net::Ip> address;
  if (element.set.role == Role::host_port_ip) address = reader.address(element.set.family);
  const std::string protocol = reader.protocol();
  const std::string port = reader.port();
  return (address ? host_and_port(*address, port) : port) + "/" + protocol;
}

std::string target_text(const Element& element) {
  Reader reader{element.data};
  const net::Ip address = reader.address(element.set.family);
  return host_and_port(address, reader.port());
}

std::string absence(const Element& element) {
  Reader reader{element.key};
  const auto address = [&] { return reader.address(element.set.family).to_string(); };
  switch (element.set.role) {
    case Role::masquerade:
      return address() + " is not masqueraded outside " + element.set.qualifier;
    case Role::masquerade_host:
      return address() + " is not masqueraded";
    case Role::host_port:
    case Role::host_port_ip:
      return "host port " + host_port_text(element) + " is not forwarded to " + target_text(element);
    case Role::host_port_ip_only:
      return "host port " + host_port_text(element) + " is not kept to its addresses";
    case Role::published: {
      const std::string target = address(), protocol = reader.protocol();
      return "host port " + reader.port() + "/" + protocol + " of " + target + " is not known as published";
    }
    case Role::hairpin:
      return address() + " cannot be reached by host port from " + element.set.qualifier;
    case Role::hairpin_host:
      return address() + " cannot be reached by host port from itself";
    case Role::masquerade_all:
      return "connections forwarded to " + address() + " are not masqueraded";
    case Role::guarded:
      return "source addresses of frames from " + reader.ifname() + " are not checked";
    case Role::allowed: {
      const std::string interface = reader.ifname();
      return "frames from " + interface + " with source address " + reader.mac() + " are not let in";
    }
    case Role::forwarded:
      return "the forwarding of packets of " + address() + " is not accepted";
    case Role::confined:
      return "bridge " + reader.ifname() + " is not kept apart from others";
    case Role::same_bridge:
      return "containers on bridge " + reader.ifname() + " are kept apart from each other";
    case Role::isolated:
      return "what bridge " + reader.ifname() + " sends back to itself is not dropped";
    case Role::isolated_port:
      return "port " + reader.ifname() + " is not isolated from others";
  }
  return "an element is missing";
}

}  // namespace patchbay::firewall::nftables
