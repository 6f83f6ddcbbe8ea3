// SPDX-License-Identifier: Apache-2.0
// Tracked connections as the kernel lists and deletes them (ctnetlink,
// <linux/netfilter/nfnetlink_conntrack.h>).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "common/net/ip.hpp"
#include "common/wire/socket.hpp"

namespace patchbay::firewall::detail {

// One direction of a connection, as its packets look where they come in.
struct Tuple {
  net::Ip source, destination;
  std::uint8_t protocol = 0;
  std::uint16_t source_port = 0, destination_port = 0;
};

struct Flow {
  Tuple original, reply;
  std::uint32_t status = 0;  // IPS_*, <linux/netfilter/nf_conntrack_common.h>
  std::uint32_t id = 0;
  std::optional<std::uint16_t> zone;
  std::vector<std::uint8_t> raw_original;  // CTA_TUPLE_ORIG as it came, to name the flow by
};

// One of the kernel's answers; nullopt for what is something else or malformed.
std::optional<Flow> parse_flow(const wire::Reply& reply);

// What the kernel may leave out already. It is a matter of speed only: before Linux 5.8 it ignores
// this, and addresses are of no use with IPv6, so whoever asks looks at every flow again.
struct Filter {
  bool of_reply = false;  // about the reply's tuple, else about the original's
  std::optional<net::Ip> source, destination;
  std::optional<std::uint8_t> protocol;
  std::optional<std::uint16_t> destination_port;
};

// How many connections this network namespace tracks; 0 without connection tracking.
std::uint64_t count_flows();

// Of one family, or of both.
std::vector<Flow> list_flows(wire::Socket& socket, std::optional<net::Family> family,
                             const std::optional<Filter>& filter, const std::function<bool(const Flow&)>& is_wanted);

// Exactly these: by tuple, zone and id, so that a connection that has taken one's place is spared.
// Those that have ended meanwhile are fine.
void delete_flows(wire::Socket& socket, const std::vector<Flow>& flows);

}  // namespace patchbay::firewall::detail
