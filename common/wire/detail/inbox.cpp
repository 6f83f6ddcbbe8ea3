// SPDX-License-Identifier: Apache-2.0
#include "common/wire/detail/inbox.hpp"

#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>

#include "common/os/retry.hpp"

namespace patchbay::wire::detail {
namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr int kMaxLosses = 1000;  // then this is no burst any more

template <typename Pod>
Pod read_pod(std::span<const std::uint8_t> bytes) {
  Pod value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

// Where the extended-ack attributes of an NLMSG_ERROR begin: behind the refused message, of which
// NETLINK_CAP_ACK leaves the header only (and success never has more).
std::size_t attributes_offset(const Reply& reply, const nlmsgerr& error) {
  if ((reply.flags & NLM_F_CAPPED) != 0) return sizeof(nlmsgerr);
  return sizeof(nlmsgerr) - sizeof(nlmsghdr) + NLMSG_ALIGN(std::size_t{error.msg.nlmsg_len});
}

// 0 or a negated errno is what the kernel says; anything else is no answer.
int errno_of(int said) {
  constexpr int kMost = 4095;  // MAX_ERRNO, <linux/err.h>
  return said <= 0 && said >= -kMost ? -said : EBADMSG;
}

std::string extended_text(std::span<const std::uint8_t> bytes) {
  const Attributes attributes{bytes};
  std::string text = attributes.text(NLMSGERR_ATTR_MSG);
  if (const auto missing = attributes.u32(NLMSGERR_ATTR_MISS_TYPE)) {
    text += (text.empty() ? "" : "; ") + ("attribute " + std::to_string(*missing) + " is missing");
  }
  return text;
}

std::array<std::uint8_t, Buffer::kSize> first_buffer;
std::atomic_flag first_is_taken;

}  // namespace

Buffer::Buffer() : data_(first_is_taken.test_and_set() ? new std::uint8_t[kSize] : first_buffer.data()) {}

Buffer::~Buffer() {
  if (data_ == first_buffer.data()) {
    first_is_taken.clear();
  } else {
    delete[] data_;
  }
}

std::optional<Received> take_message(std::span<const std::uint8_t>& datagram) {
  if (datagram.size() < sizeof(nlmsghdr)) return std::nullopt;
  const auto header = read_pod<nlmsghdr>(datagram);
  if (header.nlmsg_len < sizeof(nlmsghdr) || header.nlmsg_len > datagram.size()) return std::nullopt;
  const Received received{
      .reply = {.type = header.nlmsg_type,
                .flags = header.nlmsg_flags,
                .payload = datagram.subspan(sizeof(nlmsghdr), header.nlmsg_len - sizeof(nlmsghdr))},
      .sequence = header.nlmsg_seq,
      .port = header.nlmsg_pid,
  };
  datagram = datagram.subspan(std::min<std::size_t>(NLMSG_ALIGN(std::size_t{header.nlmsg_len}), datagram.size()));
  return received;
}

Verdict verdict_of(const Reply& reply) {
  const bool has_attributes = (reply.flags & NLM_F_ACK_TLVS) != 0;
  if (reply.payload.size() < sizeof(int)) return reply.type == NLMSG_DONE ? Verdict{} : Verdict{EBADMSG, {}};
  Verdict verdict{.error_number = errno_of(read_pod<int>(reply.payload)), .kernel_says = {}};
  std::size_t offset = sizeof(int);
  if (reply.type == NLMSG_ERROR) {
    if (reply.payload.size() < sizeof(nlmsgerr)) return verdict;
    offset = attributes_offset(reply, read_pod<nlmsgerr>(reply.payload));
  }
  if (has_attributes && offset < reply.payload.size())
    verdict.kernel_says = extended_text(reply.payload.subspan(offset));
  return verdict;
}

Inbox::Event Inbox::receive() {
  for (;;) {
    if (next_ == count_) {
      if (const Event event = fetch(); event != Event::datagram) return event;
    }
    const std::size_t position = next_++;
    const auto [size, truncated] = waiting_[position];
    if (truncated) return Event::lost;
    if (size == 0) continue;  // not of the kernel
    current_ = {buffer_.data() + position * capacity_, size};
    return Event::datagram;
  }
}

Inbox::Event Inbox::fetch() {
  std::array<sockaddr_nl, kMost> senders{};
  std::array<iovec, kMost> into{};
  std::array<mmsghdr, kMost> messages{};
  const std::size_t most = Buffer::kSize / capacity_;
  for (std::size_t i = 0; i < most; ++i) {
    into[i] = {.iov_base = buffer_.data() + i * capacity_, .iov_len = capacity_};
    msghdr& header = messages[i].msg_hdr;
    header.msg_name = &senders[i];
    header.msg_namelen = sizeof senders[i];
    header.msg_iov = &into[i];
    header.msg_iovlen = 1;
  }
  const int got = os::retry_interrupted(
      [&] { return recvmmsg(fd_, messages.data(), static_cast<unsigned>(most), MSG_DONTWAIT, nullptr); });
  if (got < 0) {
    if (errno == EAGAIN) return Event::nothing;
    if (errno == ENOBUFS) return Event::lost;
    throw system_error(Code::io_failure, "receive from netlink", errno);
  }
  next_ = 0;
  count_ = static_cast<std::size_t>(got);
  for (std::size_t i = 0; i < count_; ++i) {
    const bool by_kernel = senders[i].nl_pid == 0;
    waiting_[i] = {.size = by_kernel ? messages[i].msg_len : 0,
                   .truncated = by_kernel && (messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0};
  }
  return Event::datagram;
}

bool Inbox::wait(const os::Deadline& deadline, int until) const {
  std::array<pollfd, 2> readable{
      {{.fd = fd_, .events = POLLIN, .revents = 0}, {.fd = until, .events = POLLIN, .revents = 0}}};
  for (;;) {
    const int ready = poll(readable.data(), readable.size(), deadline.poll_timeout());
    if (ready > 0) return readable.front().revents != 0;
    if (ready < 0 && errno != EINTR) throw system_error(Code::io_failure, "wait for netlink", errno);
    if (deadline.passed()) return false;
  }
}

namespace {

Ending hear(int fd, const Awaited& awaited, const Visit& visit) {
  Inbox inbox{fd, awaited.datagrams};
  const auto deadline = os::Deadline::in(kPatience);
  int losses = 0;
  do {
    const auto event = inbox.receive();
    if (event == Inbox::Event::lost) {
      if (++losses > kMaxLosses) return Ending::lost;
    } else if (event == Inbox::Event::nothing) {
      // The kernel answers before sendmsg returns: what is not in the queue now was lost.
      if (losses > 0) return Ending::lost;
      if (!inbox.wait(deadline)) return Ending::timed_out;
    } else {
      auto rest = inbox.datagram();
      while (const auto received = take_message(rest)) {
        if (awaited.port != 0 && received->port != awaited.port) continue;
        const std::uint32_t position = received->sequence - awaited.first;
        if (position >= awaited.count || !visit(position, received->reply)) continue;
        return losses == 0 || awaited.last_is_all ? Ending::finished : Ending::lost;
      }
    }
  } while (!deadline.passed());
  return Ending::timed_out;
}

}  // namespace

Ending converse(int fd, const Awaited& awaited, const Visit& visit) {
  return with_context(awaited.doing, [&] { return hear(fd, awaited, visit); });
}

Error refused(const std::string& doing, const Verdict& verdict) {
  Error error{Code::kernel_refused, doing};
  error.reason(verdict.error_number, verdict.kernel_says);
  if (verdict.error_number == EPERM) error.hint("CAP_NET_ADMIN is needed in that network namespace");
  return error;
}

Error unanswered(const std::string& doing, Ending ending) {
  return system_error(Code::io_failure, doing + ": the kernel's answer is lost, so the outcome is unknown",
                      ending == Ending::lost ? ENOBUFS : ETIMEDOUT);
}

}  // namespace patchbay::wire::detail
