// SPDX-License-Identifier: Apache-2.0
#include "common/wire/detail/outbox.hpp"

#include <linux/netlink.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include "common/os/retry.hpp"

namespace patchbay::wire::detail {
namespace {

// Below what every kernel grants a new socket (net.core.wmem_default is 212992, less bookkeeping).
constexpr std::size_t kFitsAlways = std::size_t{128} * 1024;

// SO_SNDBUFFORCE goes beyond net.core.wmem_max but wants CAP_NET_ADMIN. Should neither help,
// sendmsg says EMSGSIZE.
void enlarge(int fd, std::size_t size) {
  const int wanted = static_cast<int>(size);
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &wanted, sizeof wanted) == 0) return;
  static_cast<void>(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted));
}

// What is refused comes back whole with the refusal, unless the kernel (4.3) is told to spare it; short
// messages fit into any answer.
constexpr std::size_t kShort = 2048;

}  // namespace

void enable(int fd, int option) {
  const int on = 1;
  static_cast<void>(setsockopt(fd, SOL_NETLINK, option, &on, sizeof on));
}

void Outbox::add(const MessagePointer& message, std::uint32_t sequence, std::uint16_t set, std::uint16_t clear) {
  nlmsghdr* header = nlmsg_hdr(message.get());
  header->nlmsg_seq = sequence;
  header->nlmsg_pid = 0;
  header->nlmsg_flags = static_cast<std::uint16_t>((header->nlmsg_flags & ~clear) | set | NLM_F_REQUEST);
  any_long_ = any_long_ || header->nlmsg_len > kShort;
  const auto* first = reinterpret_cast<const std::uint8_t*>(header);
  bytes_.insert(bytes_.end(), first, first + header->nlmsg_len);
  bytes_.resize(NLMSG_ALIGN(bytes_.size()));
}

void Outbox::send(int fd, const std::string& doing) const {
  if (any_long_) enable(fd, NETLINK_CAP_ACK);
  if (bytes_.size() > kFitsAlways) enlarge(fd, bytes_.size());
  if (os::retry_interrupted([&] { return ::send(fd, bytes_.data(), bytes_.size(), 0); }) < 0) {
    throw system_error(Code::io_failure, doing + ": send to netlink", errno);
  }
}

}  // namespace patchbay::wire::detail
