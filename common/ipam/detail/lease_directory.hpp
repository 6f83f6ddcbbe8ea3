// SPDX-License-Identifier: Apache-2.0
// Lease files among whatever else a directory may hold.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "common/ipam/lease_file.hpp"
#include "common/net/ip.hpp"
#include "common/os/file.hpp"

namespace patchbay::ipam::detail {

// Addresses that regular files are named after, sorted. Nothing is opened.
std::vector<net::Ip> addresses_in(const os::Directory& leases);

// nullopt when absent. Nothing is opened or followed.
std::optional<struct ::stat> examine_lease(const os::Directory& leases, const net::Ip& ip);
// A regular file of no length.
bool is_empty(const struct ::stat& status);

// `other` for what is no lease file at all (a link, a FIFO, too large); `torn` also when absent.
// Throws io_failure when it cannot be read.
LeaseFile read_lease(const os::Directory& leases, const net::Ip& ip);
// Before somebody else's lease is removed: half of a name is nobody's.
LeaseFile read_whole_lease(const os::Directory& leases, const net::Ip& ip);

// Names of what can be entries of the index. It may be somebody else's directory, by a link in its path: what is
// not named as ours stays.
std::vector<std::string> entry_names(const os::Directory& index);

}  // namespace patchbay::ipam::detail
