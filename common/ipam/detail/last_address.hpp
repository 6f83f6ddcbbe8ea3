// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "common/net/ip.hpp"
#include "common/os/file.hpp"

namespace patchbay::ipam::detail {

// The file last_reserved_ip.N: where the round robin of a range set goes on. It stays open from being
// read until it is written.
class LastAddress {
 public:
  LastAddress(const os::Directory& leases, std::size_t set_index);
  [[nodiscard]] const std::optional<net::Ip>& ip() const { return ip_; }  // nullopt: none, or not readable as one
  void write(const os::Directory& leases, const net::Ip& ip);

 private:
  std::string name_;
  os::UniqueFd fd_;  // only where the file holds an address and nothing else
  std::size_t size_ = 0;
  std::optional<net::Ip> ip_;
};

}  // namespace patchbay::ipam::detail
