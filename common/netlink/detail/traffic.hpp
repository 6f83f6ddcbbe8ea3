// SPDX-License-Identifier: Apache-2.0
// What the messages of traffic control have in common. For .cpp files that make them.
#pragma once

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/netlink/link.hpp"
#include "common/wire/message.hpp"

namespace patchbay::netlink::traffic::detail {

inline constexpr std::uint32_t kRootHandle = 0x10000;        // 1:
inline constexpr std::uint32_t kIngressHandle = 0xFFFF0000;  // ffff:

// Of a filter: which is asked first, and for packets of which protocol.
constexpr std::uint32_t filter_info(std::uint32_t priority, std::uint16_t ether_type) {
  return priority << 16U | __builtin_bswap16(ether_type);
}

inline wire::Message message(std::uint16_t type, std::uint16_t flags, int index, std::uint32_t parent,
                             std::uint32_t handle, std::uint32_t info = 0) {
  return {type, flags,
          tcmsg{.tcm_family = AF_UNSPEC,
                .tcm__pad1 = 0,
                .tcm__pad2 = 0,
                .tcm_ifindex = index,
                .tcm_handle = handle,
                .tcm_parent = parent,
                .tcm_info = info}};
}

inline Request request(std::string doing, wire::Message message, std::vector<int> tolerated = {}) {
  return {.doing = std::move(doing), .message = message.release(), .tolerated = std::move(tolerated)};
}

// Cut off where it does not fit, as the kernel's field is.
inline std::uint32_t narrow(std::uint64_t value) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, UINT32_MAX));
}

// The attribute as this struct; nullopt when there is none, or less of it.
template <typename Pod>
std::optional<Pod> pod(const wire::Attributes& attributes, std::uint16_t type) {
  const auto raw = attributes.find(type);
  if (!raw || raw->payload.size() < sizeof(Pod)) return std::nullopt;
  Pod value{};
  std::memcpy(&value, raw->payload.data(), sizeof value);
  return value;
}

}  // namespace patchbay::netlink::traffic::detail
