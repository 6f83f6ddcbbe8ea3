// SPDX-License-Identifier: Apache-2.0
// What the kernel lists by netlink, attribute by attribute.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "common/os/unique_fd.hpp"

namespace patchbay::faults {

using Bytes = std::span<const std::uint8_t>;
using Attributes = std::map<int, Bytes>;

Attributes attributes(Bytes bytes);
std::vector<Bytes> nested(Bytes bytes);  // a list: the types do not matter

// For people, and yet no two values look alike: printable bytes as they are, others as \xx.
std::string shown(Bytes bytes);
// The chosen ones, of those that are there: " 3=eth0 4=\dc\05\00\00".
std::string shown(const Attributes& all, std::initializer_list<int> chosen);

class Lister {
 public:
  explicit Lister(int protocol);  // NETLINK_ROUTE, NETLINK_NETFILTER; in the namespace that we are in

  // Every object that `type` (RTM_GETLINK…) lists; `body` is what follows nlmsghdr.
  using OnObject = std::function<void(std::uint16_t type, Bytes payload)>;
  void list(std::uint16_t type, Bytes body, const OnObject& on_object);

 private:
  bool receive(std::uint32_t sequence, const OnObject& on_object);  // false at the end

  os::UniqueFd fd_;
  std::uint32_t sequence_ = 0;
};

template <typename Pod>
Pod head(Bytes payload) {
  Pod value{};
  std::copy_n(payload.begin(), std::min(sizeof value, payload.size()), reinterpret_cast<std::uint8_t*>(&value));
  return value;
}

}  // namespace patchbay::faults
