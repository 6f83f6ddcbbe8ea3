// SPDX-License-Identifier: Apache-2.0
// Traffic control: token buckets, the ingress hook, redirection (<linux/pkt_sched.h>, <linux/pkt_cls.h>,
// <linux/tc_act/tc_mirred.h>).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

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

}  // namespace patchbay::netlink::traffic
