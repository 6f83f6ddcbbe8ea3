// SPDX-License-Identifier: Apache-2.0
// The receiving half of a netlink socket: datagrams, the messages in them, and what they say.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
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

// How large a datagram can get: the kernel fills up to 32 KiB for a dump. Where many are awaited - the
// answers to a batch, notifications - none takes more than a page.
enum class Datagrams : std::size_t { many = 4096, large = std::size_t{32} * 1024 };

// Where datagrams are received. The first of a process is there already and costs nothing until it is
// written to; a conversation within a conversation takes one from the heap.
class Buffer {
 public:
  static constexpr std::size_t kSize = std::size_t{64} * 1024;
  Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  Buffer(Buffer&&) = delete;
  Buffer& operator=(Buffer&&) = delete;
  ~Buffer();
  [[nodiscard]] std::uint8_t* data() const { return data_; }

 private:
  std::uint8_t* data_;
};

// Takes all that waits in the queue by one system call, and hands it out one by one.
class Inbox {
 public:
  explicit Inbox(int fd, Datagrams kind = Datagrams::many) : fd_(fd), capacity_(static_cast<std::size_t>(kind)) {}

  enum class Event : std::uint8_t {
    datagram,
    lost,     // the kernel dropped something, or it did not fit
    nothing,  // the queue is empty
  };
  Event receive();                                                 // does not wait
  [[nodiscard]] bool has_more() const { return next_ != count_; }  // that has been taken already
  // False: the deadline has passed, or there is nothing while the descriptor `until` can be read.
  [[nodiscard]] bool wait(const os::Deadline& deadline, int until = -1) const;

  [[nodiscard]] std::span<const std::uint8_t> datagram() const { return current_; }

 private:
  static constexpr std::size_t kMost = Buffer::kSize / static_cast<std::size_t>(Datagrams::many);
  struct Waiting {
    std::size_t size;
    bool truncated;
  };

  Event fetch();
  int fd_;
  std::size_t capacity_;
  Buffer buffer_;
  std::array<Waiting, kMost> waiting_{};
  std::size_t next_ = 0, count_ = 0;  // of waiting_
  std::span<const std::uint8_t> current_;
};

// The messages whose answers are awaited. `port` 0: the socket receives nothing but answers.
// (sockaddr_nl::nl_groups would not tell them from notifications: an NLM_F_ECHO carries the group too.)
struct Awaited {
  std::string_view doing;   // context of what is thrown
  std::uint32_t first = 0;  // sequence number
  std::size_t count = 1;
  std::uint32_t port = 0;
  Datagrams datagrams = Datagrams::many;
  bool last_is_all = false;  // the answer that `visit` ends with says everything: what was lost before it is no loss
};

// Feeds the kernel's answers to `visit`, as (position, reply), until it returns true: finished - or lost, when
// there was something before that nobody will see.
enum class Ending : std::uint8_t { finished, lost, timed_out };
using Visit = std::function<bool(std::size_t, const Reply&)>;
Ending converse(int fd, const Awaited& awaited, const Visit& visit);

// How the kernel's refusal of `doing` is told, and that it never answered.
Error refused(const std::string& doing, const Verdict& verdict);
Error unanswered(const std::string& doing, Ending ending);

}  // namespace patchbay::wire::detail
