// SPDX-License-Identifier: Apache-2.0
#include "common/ipam/detail/lease_directory.hpp"

#include <algorithm>

#include "common/base/error.hpp"

namespace patchbay::ipam::detail {

std::vector<net::Ip> addresses_in(const os::Directory& leases) {
  std::vector<net::Ip> addresses;
  for (const std::string& name : leases.list()) {
    const auto ip = net::Ip::parse(name);
    if (ip && ip->to_string() == name) addresses.push_back(*ip);
  }
  std::sort(addresses.begin(), addresses.end());
  return addresses;
}

LeaseFile read_lease(const os::Directory& leases, const net::Ip& ip) {
  try {
    return LeaseFile::parse(leases.read(ip.to_string(), kLeaseFileLimit).value_or(""));
  } catch (const Error& error) {
    // No errno: it was read, and is not what it should be.
    if (error.error_number() == 0) return {.kind = LeaseFile::Kind::other};
    throw;
  }
}

}  // namespace patchbay::ipam::detail
