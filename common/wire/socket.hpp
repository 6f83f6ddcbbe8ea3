// SPDX-License-Identifier: Apache-2.0
// One conversation with the kernel over netlink, in the namespace where the socket was born.
//
// Requests are messages; several go down in one sendmsg and only the last asks for an
// acknowledgement - errors of the earlier ones are reported all the same (netlink(7),
// <linux/netlink.h>). The kernel's extended-ack text ends up in the Error.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "common/os/deadline.hpp"
#include "common/os/netns.hpp"
#include "common/os/unique_fd.hpp"
#include "common/wire/message.hpp"

namespace patchbay::wire {

// A request together with what it does, in words, for the error: "add 10.1.2.3/24 to eth0".
struct Request {
  std::string doing;
  MessagePointer message;
  // These errnos mean that the world already is as wanted: EEXIST, ESRCH…
  std::vector<int> tolerated;
};

// One received message: header type and payload, valid during the callback only.
struct Reply {
  std::uint16_t type;
  std::uint16_t flags;
  std::span<const std::uint8_t> payload;  // what follows nlmsghdr
};
using OnReply = std::function<void(const Reply&)>;

// The outcome of one message of a batch that the kernel acknowledged or refused.
struct Refusal {
  std::size_t request;  // position in the batch
  int error_number;
  std::string kernel_says;
};

class Socket {
 public:
  enum class Family : std::uint8_t { route = 0, netfilter = 12 };  // NETLINK_ROUTE, NETLINK_NETFILTER

  explicit Socket(Family family = Family::route);                          // where our own process is
  explicit Socket(const os::Netns& netns, Family family = Family::route);  // born inside `netns`

  // All requests in one sendmsg. Throws the first error that is not tolerated (code
  // kernel_refused, text from its `doing`); requests after it may or may not have been carried out.
  // Messages that come before the acknowledgement (NLM_F_ECHO, gets) go to `on_reply`.
  // On a socket that has subscribed, notifications that are waiting are dropped first.
  // EINTR is retried. A lost reply (ENOBUFS) or 10 s without one is an Error that says that the
  // outcome is unknown. Other sequence numbers, and senders other than the kernel, are skipped.
  void transact(std::vector<Request> requests, const OnReply& on_reply = {});
  void transact(Request request, const OnReply& on_reply = {});
  // A single get: 0, or the errno it was refused with (ENODEV, ENOENT…). Ends with the first answer;
  // with the acknowledgement when the message itself carries NLM_F_ACK (several answers to one get).
  [[nodiscard]] int query(Request request, const OnReply& on_reply);
  // NLM_F_DUMP, strictly checked; started again when the kernel says that it was interrupted (NLM_F_DUMP_INTR; at
  // most 10 times) or a part of it was lost (at most 3), calling `restart` first so that `on_reply` begins anew.
  void dump(Request request, const std::function<void()>& restart, const OnReply& on_reply);

  // An nfnetlink batch: NFNL_MSG_BATCH_BEGIN for `subsystem` (with NFNL_BATCH_GENID when
  // `generation` is not 0), the requests, NFNL_MSG_BATCH_END, in one sendmsg. All or nothing.
  // Returns every refusal in order; empty means committed. What befalls the batch as a whole is one
  // refusal with request = SIZE_MAX: ERESTART (the generation has moved), EPERM, EOPNOTSUPP.
  [[nodiscard]] std::vector<Refusal> batch(std::uint8_t subsystem, std::uint32_t generation,
                                           std::vector<Request> requests);

  void subscribe(unsigned group);  // RTNLGRP_LINK…
  // The same, for one message about one object: the kernel wakes nobody for any other.
  struct Only {
    std::uint16_t type;   // RTM_DELLINK…
    std::uint8_t family;  // the first byte behind nlmsghdr, and the object's index four bytes on
    std::int32_t index;
  };
  void subscribe(unsigned group, const Only& only);
  // Feeds notifications to `is_it` until it returns true (then true) or the deadline passes (false).
  // A lost notification (ENOBUFS) calls `is_it` with a Reply of type NLMSG_OVERRUN, so that it can look itself.
  // Ends also, with false, when the descriptor `until` can be read and no notification can.
  [[nodiscard]] bool wait_for(const os::Deadline& deadline, const std::function<bool(const Reply&)>& is_it,
                              int until = -1);

 private:
  void discard_notifications() const;
  void join(unsigned group);
  std::uint32_t port();  // our address where answers have to be told from notifications by it, otherwise 0

  os::UniqueFd fd_;
  bool strict_;  // NETLINK_GET_STRICT_CHK has been asked for, or is of no use
  std::uint32_t sequence_ = 0;
  bool subscribed_ = false;
  std::uint32_t port_ = 0;  // 0: not asked for yet
};

}  // namespace patchbay::wire
