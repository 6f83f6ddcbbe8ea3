// SPDX-License-Identifier: Apache-2.0
#include "common/ipam/detail/lease_directory.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "common/base/error.hpp"
#include "common/base/owner.hpp"

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

std::optional<struct ::stat> examine_lease(const os::Directory& leases, const net::Ip& ip) {
  const std::string name = ip.to_string();
  struct ::stat status {};
  if (fstatat(leases.fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return status;
  if (errno == ENOENT) return std::nullopt;
  throw system_error(Code::io_failure, "examine " + leases.path() + "/" + name, errno);
}

bool is_empty(const struct ::stat& status) { return S_ISREG(status.st_mode) && status.st_size == 0; }

namespace {

template <typename Read>
LeaseFile lease_from(const Read& read) {
  try {
    return LeaseFile::parse(read().value_or(""));
  } catch (const Error& error) {
    // No errno: it was read, and is not what it should be.
    if (error.error_number() == 0) return {.kind = LeaseFile::Kind::other};
    throw;
  }
}

}  // namespace

LeaseFile read_lease(const os::Directory& leases, const net::Ip& ip) {
  return lease_from([&] { return leases.read(ip.to_string(), kLeaseFileLimit); });
}

LeaseFile read_whole_lease(const os::Directory& leases, const net::Ip& ip) {
  return lease_from([&] { return leases.read_whole(ip.to_string(), kLeaseFileLimit); });
}

std::vector<std::string> entry_names(const os::Directory& index) {
  std::vector<std::string> names = index.list();
  std::erase_if(names, [](const std::string& name) { return !Owner::is_file_name(name); });
  return names;
}

}  // namespace patchbay::ipam::detail
