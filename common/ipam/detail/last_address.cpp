// SPDX-License-Identifier: Apache-2.0
#include "common/ipam/detail/last_address.hpp"

#include <fcntl.h>

#include <array>
#include <string_view>

#include "common/os/retry.hpp"

namespace patchbay::ipam::detail {
namespace {

constexpr unsigned kMode = 0600;

}  // namespace

LastAddress::LastAddress(const os::Directory& leases, std::size_t set_index)
    : name_("last_reserved_ip." + std::to_string(set_index)), fd_(os::retry_interrupted([&] {
        return openat(leases.fd(), name_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
      })) {
  if (!fd_) return;
  std::array<char, 64> text{};  // longer than any address
  const ssize_t got = os::retry_interrupted([&] { return pread(fd_.get(), text.data(), text.size(), 0); });
  if (got > 0) ip_ = net::Ip::parse(std::string_view{text.data(), static_cast<std::size_t>(got)});
  if (ip_) {
    size_ = static_cast<std::size_t>(got);
  } else {
    fd_.reset();  // whatever it is, it is not to be written into
  }
}

// Over the old one where it covers that. A kill or a power cut then leaves the old text or the new,
// the end of the new missing at worst: no address, or another to go on from, of which nothing depends.
// A shorter text would have to be cut off in a second step, with an address that nobody ever had in
// between; it is rare, and replaces the file whole.
void LastAddress::write(const os::Directory& leases, const net::Ip& ip) {
  const std::string text = ip.to_string();
  const auto overwrite = [&] {
    return os::retry_interrupted([&] { return pwrite(fd_.get(), text.data(), text.size(), 0); });
  };
  if (fd_ && text.size() >= size_ && overwrite() == static_cast<ssize_t>(text.size())) return;
  leases.write(name_, text, kMode);
}

}  // namespace patchbay::ipam::detail
