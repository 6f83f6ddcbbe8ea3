// SPDX-License-Identifier: Apache-2.0
#include "test/faults/injector/datagram.hpp"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstring>

namespace patchbay::faults {
namespace {

template <typename Pod>
Pod at(const Tracee& tracee, std::uint64_t address) {
  Pod value{};
  const auto bytes = tracee.read(address, sizeof value);
  if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

struct Span {
  std::uint64_t address, size;
};

// Plugins send from one buffer.
Span payload(const Tracee& tracee) {
  if (tracee.number() == SYS_sendto) return {tracee.argument(1), tracee.argument(2)};
  const auto header = at<msghdr>(tracee, tracee.argument(1));
  const auto vector = at<iovec>(tracee, reinterpret_cast<std::uint64_t>(header.msg_iov));
  return {reinterpret_cast<std::uint64_t>(vector.iov_base), vector.iov_len};
}

constexpr std::uint16_t nft(int command) { return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | command); }

bool is_nft_question(std::uint16_t type) {
  for (const int get : {NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN, NFT_MSG_GETRULE, NFT_MSG_GETSET, NFT_MSG_GETSETELEM,
                        NFT_MSG_GETGEN, NFT_MSG_GETOBJ, NFT_MSG_GETFLOWTABLE}) {
    if (type == nft(get)) return true;
  }
  return false;
}

bool is_conntrack_question(std::uint16_t type) {
  const int subsystem = NFNL_SUBSYS_ID(type), command = NFNL_MSG_TYPE(type);
  return subsystem == NFNL_SUBSYS_CTNETLINK && command != IPCTNL_MSG_CT_DELETE && command != IPCTNL_MSG_CT_NEW;
}

bool is_bracket(std::uint16_t type) { return type == NFNL_MSG_BATCH_BEGIN || type == NFNL_MSG_BATCH_END; }

}  // namespace

bool Datagram::is_question(const Message& message) const {
  // Requests come in fours: new, delete, get, set (<linux/rtnetlink.h>).
  if (protocol == NETLINK_ROUTE) return message.type >= RTM_BASE && (message.type - RTM_BASE) % 4 == 2;
  return is_nft_question(message.type) || is_conntrack_question(message.type);
}

bool Datagram::changes_something() const {
  return std::ranges::any_of(messages, [&](const Message& message) { return !is_question(message); });
}

std::vector<std::size_t> Datagram::refusable() const {
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto type = messages[i].type;
    const bool spared = protocol == NETLINK_NETFILTER && (is_bracket(type) || type == nft(NFT_MSG_GETGEN));
    if (!spared) positions.push_back(i);
  }
  return positions;
}

std::string Datagram::describe() const {
  std::string text = protocol == NETLINK_ROUTE ? "route:" : protocol == NETLINK_NETFILTER ? "netfilter:" : "netlink:";
  for (const Message& message : messages) text += " " + std::to_string(message.type);
  return text;
}

bool is_netlink(const Tracee& tracee, int fd, int* protocol) {
  if (!tracee.file(fd).starts_with("socket:")) return false;
  const auto copy = tracee.descriptor(fd);
  int domain = 0, number = 0;
  socklen_t size = sizeof domain;
  if (!copy || getsockopt(copy.get(), SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != AF_NETLINK) return false;
  if (getsockopt(copy.get(), SOL_SOCKET, SO_PROTOCOL, &number, &size) != 0) return false;
  if (protocol != nullptr) *protocol = number;
  return true;
}

Datagram read_datagram(const Tracee& tracee) {
  Datagram datagram;
  if (!is_netlink(tracee, static_cast<int>(tracee.argument(0)), &datagram.protocol)) return datagram;
  const Span all = payload(tracee);
  const auto bytes = tracee.read(all.address, all.size);
  for (std::size_t offset = 0; offset + sizeof(nlmsghdr) <= bytes.size();) {
    nlmsghdr header{};
    std::memcpy(&header, &bytes[offset], sizeof header);
    if (header.nlmsg_len < sizeof header) break;
    datagram.messages.push_back({all.address + offset, header.nlmsg_type, header.nlmsg_flags});
    offset += NLMSG_ALIGN(std::size_t{header.nlmsg_len});
  }
  return datagram;
}

void make_unacceptable(const Tracee& tracee, const Datagram& datagram, std::size_t position) {
  const auto& message = datagram.messages.at(position);
  // Within the same subsystem, or the batch would be refused as one of another.
  const auto type =
      static_cast<std::uint16_t>(datagram.protocol == NETLINK_NETFILTER ? (message.type & 0xff00) | 0xff : 0xfff0);
  std::vector<std::uint8_t> bytes(sizeof type);
  std::memcpy(bytes.data(), &type, sizeof type);
  tracee.write(message.address + offsetof(nlmsghdr, nlmsg_type), bytes);
}

}  // namespace patchbay::faults
