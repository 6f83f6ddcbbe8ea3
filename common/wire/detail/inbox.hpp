// SPDX-License-Identifier: Apache-2.0
// The receiving half of a netlink socket: datagrams, the messages in them, and what they say.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "common/os/deadline.hpp"
#include "common/wire/socket.hpp"

namespace patchbay::wire::detail {

struct Received {
  Reply reply;
  std::uint32_t sequence = 0;
  std::uint32_t port = 0;  // of the request that caused it
};

// Takes the first message off `datagram`; nullopt at the end, and where the rest makes no sense.
std::optional<Received> take_message(std::span<const std::uint8_t>& datagram);

// What NLMSG_ERROR or NLMSG_DONE says: 0 or an errno, and the extended-ack text.
struct Verdict {
  int error_number = 0;
  std::string kernel_says;
};
Verdict verdict_of(const Reply& reply);

// Not larger than the kernel fills for a dump (32 KiB), and ample for the answer to one get.
inline constexpr std::size_t kDatagramSize = std::size_t{64} * 1024;

class Inbox {
 public:
  explicit Inbox(int fd) : fd_(fd), buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(kDatagramSize)) {}

  enum class Event : std::uint8_t {
    datagram,
    lost,     // the kernel dropped something, or it did not fit
    nothing,  // the queue is empty
  };
  Event receive();                                              // does not wait
  [[nodiscard]] bool wait(const os::Deadline& deadline) const;  // false: the deadline has passed

  [[nodiscard]] std::span<const std::uint8_t> datagram() const { return {buffer_.get(), size_}; }

 private:
  int fd_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::size_t size_ = 0;
};

// The messages whose answers are awaited. `port` 0: the socket receives nothing but answers.
// (sockaddr_nl::nl_groups would not tell them from notifications: an NLM_F_ECHO carries the group too.)
struct Awaited {
  std::string_view doing;   // context of what is thrown
  std::uint32_t first = 0;  // sequence number
  std::size_t count = 1;
  std::uint32_t port = 0;
};

// Feeds the kernel's answers to `visit`, as (position, reply), until it returns true.
enum class Ending : std::uint8_t { finished, lost, timed_out };
using Visit = std::function<bool(std::size_t, const Reply&)>;
Ending converse(int fd, const Awaited& awaited, const Visit& visit);

// How the kernel's refusal of `doing` is told, and that it never answered.
Error refused(const std::string& doing, const Verdict& verdict);
Error unanswered(const std::string& doing, Ending ending);

}  // namespace patchbay::wire::detail
