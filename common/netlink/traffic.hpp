// SPDX-License-Identifier: Apache-2.0
// Traffic control: token buckets, the ingress hook, redirection (<linux/pkt_sched.h>, <linux/pkt_cls.h>,
// <linux/tc_act/tc_mirred.h>).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/net/ip.hpp"
#include "common/netlink/link.hpp"

namespace patchbay::netlink::traffic {

// What tbf is told, and tells.
struct TokenBucket {
  std::uint64_t rate = 0;    // bytes per second
  std::uint32_t limit = 0;   // bytes that may wait
  std::uint32_t buffer = 0;  // the burst, as the time that it takes at this rate: in ticks of 64 ns
  bool operator==(const TokenBucket&) const = default;
};

// For so many bits per second with bursts of so many bits. As the reference suite and tc(8) reckon: what waits is
// sent within 25 ms and a burst's time; fractions of a microsecond do not count.
TokenBucket token_bucket(std::uint64_t bits_per_second, std::uint64_t burst_bits);

// The root qdisc 1: of the link; what was there before gives way.
Request set_root(int index, const TokenBucket& bucket, const std::string& name);
// Everything that arrives on the link goes to `target` instead: a new ingress hook with one filter, to be sent in
// this order. The hook must not be there yet.
Request add_ingress_hook(int index, const std::string& name);
Request redirect_everything(int index, int target, const std::string& name);
// Back to the kernel's defaults; absent is fine.
Request remove_root(int index, const std::string& name);
Request remove_ingress_hook(int index, const std::string& name);

std::optional<TokenBucket> find_root(Socket& socket, int index);  // nullopt: none, or no tbf
// Where everything that arrives is sent to: an interface's index.
std::optional<int> find_redirection(Socket& socket, int index);

// --- a limit that is not for every packet -------------------------------------------------------------

// Which packets, by the address at the end that is not the container's.
struct FarEnds {
  enum class Field : std::uint8_t { source, destination };
  Field field = Field::destination;
  bool alone = false;              // these alone are limited; otherwise all but these
  std::vector<net::Cidr> subnets;  // networks, sorted, none twice
  bool operator==(const FarEnds&) const = default;
};
FarEnds far_ends(FarEnds::Field field, bool alone, std::vector<net::Cidr> subnets);

struct PartialLimit {
  TokenBucket bucket;
  FarEnds far_ends;
};
// The root qdisc 1: as an htb of two classes, 1:30 with this limit and 1:1 with none, and a filter for each subnet.
// To be sent in this order, where no other 1: is.
std::vector<Request> set_partial_root(int index, const PartialLimit& limit, const std::string& name);
std::optional<PartialLimit> find_partial_root(Socket& socket, int index);  // nullopt: none, or not as made here

}  // namespace patchbay::netlink::traffic
