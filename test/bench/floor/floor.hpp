// SPDX-License-Identifier: Apache-2.0
// The limit: what the kernel has to be asked for anyway, and nothing else. No checks, no rollback, no
// ownership, no conflicts, IPv4 only; bridge, gateway and tables are made before (floor/node.sh).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace floor_limit {

using Ipv4 = std::array<std::uint8_t, 4>;

struct Request {
  bool add = true;
  std::string_view container, netns, ifname;
  std::string_view config;  // stdin

  // The value behind a key, given as `"key":`, in the compact JSON that the benchmark writes; "" when absent.
  [[nodiscard]] std::string_view text(std::string_view key) const;
  [[nodiscard]] Ipv4 address() const;  // of prevResult
};

Ipv4 parse_ipv4(std::string_view text);

void bridge(const Request& request);
void portmap(const Request& request);

struct Cable {
  int host_index, container_index;
};
Cable create_veth(int socket, std::string_view host_end, int bridge_index, int netns, std::string_view ifname);
void configure_container(int netns, int index, const Ipv4& address, int prefix, const Ipv4* gateway);
void remove_veth(std::string_view host_end);

Ipv4 reserve(std::string_view network, const Ipv4& subnet, std::string_view container, std::string_view ifname);
void release(std::string_view network, const Ipv4& address);

struct HostPort {
  std::uint8_t protocol;
  std::uint16_t port, target_port;
};
// Elements of the tables in floor/node.sh.
void masquerade(bool add, const Ipv4& address);
void publish(bool add, const std::vector<HostPort>& ports, const Ipv4& target);

}  // namespace floor_limit
