// SPDX-License-Identifier: Apache-2.0
// Lease files among whatever else a directory may hold.
#pragma once

#include <vector>

#include "common/ipam/lease_file.hpp"
#include "common/net/ip.hpp"
#include "common/os/file.hpp"

namespace patchbay::ipam::detail {

// Addresses that regular files are named after, sorted. Nothing is opened.
std::vector<net::Ip> addresses_in(const os::Directory& leases);

// `other` for what is no lease file at all (a link, a FIFO, too large); `torn` also when absent.
// Throws io_failure when it cannot be read.
LeaseFile read_lease(const os::Directory& leases, const net::Ip& ip);

}  // namespace patchbay::ipam::detail
