// SPDX-License-Identifier: Apache-2.0
#include "common/wire/socket.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "common/wire/detail/inbox.hpp"
#include "common/wire/detail/outbox.hpp"

namespace patchbay::wire {
namespace {

using detail::Ending;
using detail::Verdict;

constexpr int kMaxDumps = 10, kMaxLostDumps = 3;
constexpr int kNotificationBuffer = 1 << 20;  // bursts on a busy node

os::UniqueFd open_socket(Socket::Family family) {
  os::UniqueFd fd{socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, static_cast<int>(family))};
  if (!fd) {
    const bool missing = errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT;
    throw system_error(missing ? Code::feature_missing : Code::io_failure, "open a netlink socket", errno);
  }
  // A comfort that a kernel may lack (before 4.12): the text of an error.
  detail::enable(fd.get(), NETLINK_EXT_ACK);
  return fd;
}

os::UniqueFd open_inside(const os::Netns& netns, Socket::Family family) {
  os::UniqueFd fd;
  os::inside(netns, [&] { fd = open_socket(family); });
  return fd;
}

bool tolerates(const Request& request, int error_number) {
  return std::find(request.tolerated.begin(), request.tolerated.end(), error_number) != request.tolerated.end();
}

}  // namespace

Socket::Socket(Family family) : fd_(open_socket(family)), strict_(family != Family::route) {}
Socket::Socket(const os::Netns& netns, Family family)
    : fd_(open_inside(netns, family)), strict_(family != Family::route) {}

// A receive queue that overflowed takes no answers either until it has been emptied.
void Socket::discard_notifications() const {
  if (!subscribed_) return;
  detail::Inbox inbox{fd_.get()};
  const auto deadline = os::Deadline::in(std::chrono::seconds{1});
  while (inbox.receive() != detail::Inbox::Event::nothing && !deadline.passed()) {
  }
}

void Socket::transact(Request request, const OnReply& on_reply) {
  std::vector<Request> one;
  one.push_back(std::move(request));
  transact(std::move(one), on_reply);
}

void Socket::transact(std::vector<Request> requests, const OnReply& on_reply) {
  if (requests.empty()) return;
  discard_notifications();
  const std::uint32_t first = sequence_ + 1;
  const std::size_t last = requests.size() - 1;
  detail::Outbox outbox;
  for (const Request& request : requests) {
    const bool is_last = &request == &requests.back();
    outbox.add(request.message, ++sequence_, is_last ? NLM_F_ACK : 0, is_last ? 0 : NLM_F_ACK);
  }
  outbox.send(fd_.get(), requests.front().doing);

  std::optional<Error> refusal;
  const auto visit = [&](std::size_t position, const Reply& reply) {
    if (reply.type != NLMSG_ERROR) {
      if (on_reply) on_reply(reply);
      return false;
    }
    const Verdict verdict = detail::verdict_of(reply);
    const Request& request = requests[position];
    if (verdict.error_number != 0 && !refusal && !tolerates(request, verdict.error_number)) {
      refusal = detail::refused(request.doing, verdict);
    }
    return position == last;
  };
  const auto ending = detail::converse(fd_.get(),
                                       {.doing = requests.front().doing,
                                        .first = first,
                                        .count = requests.size(),
                                        .port = port(),
                                        .last_is_all = last == 0 && !on_reply},
                                       visit);
  if (refusal) throw Error{*refusal};
  if (ending != Ending::finished) throw detail::unanswered(requests.back().doing, ending);
}

int Socket::query(Request request, const OnReply& on_reply) {
  discard_notifications();
  detail::Outbox outbox;
  outbox.add(request.message, ++sequence_, 0);
  outbox.send(fd_.get(), request.doing);
  const bool acknowledged = (nlmsg_hdr(request.message.get())->nlmsg_flags & NLM_F_ACK) != 0;
  int refusal = 0;
  const auto visit = [&](std::size_t, const Reply& reply) {
    if (reply.type == NLMSG_ERROR || reply.type == NLMSG_DONE) {
      refusal = detail::verdict_of(reply).error_number;
      return true;
    }
    on_reply(reply);
    return !acknowledged && (reply.flags & NLM_F_MULTI) == 0;
  };
  const auto ending = detail::converse(fd_.get(),
                                       {.doing = request.doing,
                                        .first = sequence_,
                                        .port = port(),
                                        .datagrams = detail::Datagrams::large,
                                        .last_is_all = !acknowledged},
                                       visit);
  if (ending != Ending::finished) throw detail::unanswered(request.doing, ending);
  return refusal;
}

void Socket::dump(Request request, const std::function<void()>& restart, const OnReply& on_reply) {
  // Filtered by the kernel since 4.20; before, there is more to read. Of rtnetlink only.
  if (!std::exchange(strict_, true)) detail::enable(fd_.get(), NETLINK_GET_STRICT_CHK);
  int lost = 0;
  for (int attempt = 0; attempt < kMaxDumps; ++attempt) {
    discard_notifications();
    if (restart) restart();
    detail::Outbox outbox;
    outbox.add(request.message, ++sequence_, NLM_F_DUMP);
    outbox.send(fd_.get(), request.doing);
    bool interrupted = false;
    Verdict verdict;
    const auto visit = [&](std::size_t, const Reply& reply) {
      interrupted = interrupted || (reply.flags & NLM_F_DUMP_INTR) != 0;
      if (reply.type == NLMSG_ERROR || reply.type == NLMSG_DONE) {
        verdict = detail::verdict_of(reply);
        return true;
      }
      if (!interrupted) on_reply(reply);
      return false;
    };
    const auto ending = detail::converse(
        fd_.get(), {.doing = request.doing, .first = sequence_, .port = port(), .datagrams = detail::Datagrams::large},
        visit);
    if (ending == Ending::lost && ++lost < kMaxLostDumps) continue;  // a list with a hole is none
    if (ending != Ending::finished) throw detail::unanswered(request.doing, ending);
    if (verdict.error_number != 0 && !tolerates(request, verdict.error_number)) {
      throw detail::refused(request.doing, verdict);
    }
    if (!interrupted) return;
  }
  throw Error{Code::try_again, request.doing + ": the list changed every time while it was read"};
}

void Socket::subscribe(unsigned group) {
  // Larger than net.core.rmem_max where permitted; the default does as well, with more to look up.
  static_cast<void>(
      setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kNotificationBuffer, sizeof kNotificationBuffer));
  join(group);
}

void Socket::subscribe(unsigned group, const Only& only) {
  // The filter loads in network order what netlink has in the host's.
  constexpr std::uint32_t kType = offsetof(nlmsghdr, nlmsg_type), kFamily = sizeof(nlmsghdr),
                          kIndex = sizeof(nlmsghdr) + sizeof(std::int32_t);
  constexpr std::uint16_t kLoadHalf = BPF_LD | BPF_H | BPF_ABS, kLoadByte = BPF_LD | BPF_B | BPF_ABS,
                          kLoadWord = BPF_LD | BPF_W | BPF_ABS, kIfEqual = BPF_JMP | BPF_JEQ | BPF_K;
  std::array<sock_filter, 8> program{{{kLoadHalf, 0, 0, kType},
                                      {kIfEqual, 0, 5, htons(only.type)},
                                      {kLoadByte, 0, 0, kFamily},
                                      {kIfEqual, 0, 3, only.family},
                                      {kLoadWord, 0, 0, kIndex},
                                      {kIfEqual, 0, 1, htonl(static_cast<std::uint32_t>(only.index))},
                                      {BPF_RET | BPF_K, 0, 0, UINT32_MAX},
                                      {BPF_RET | BPF_K, 0, 0, 0}}};
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  if (setsockopt(fd_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0) {
    throw system_error(Code::io_failure, "filter notifications", errno);
  }
  join(group);
}

void Socket::join(unsigned group) {
  // A socket without an address gets no notifications. The older groups are joined along with it;
  // EINVAL: it has an address already.
  constexpr unsigned kJoinedByAddress = 32;
  const std::uint32_t groups = group <= kJoinedByAddress ? 1U << (group - 1) : 0;
  const sockaddr_nl own{.nl_family = AF_NETLINK, .nl_pad = 0, .nl_pid = 0, .nl_groups = groups};
  const bool bound = bind(fd_.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0;
  if (!bound && errno != EINVAL) throw system_error(Code::io_failure, "bind a netlink socket", errno);
  subscribed_ = true;
  if (bound && groups != 0) return;
  if (setsockopt(fd_.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0) {
    throw system_error(Code::io_failure, "subscribe to netlink group " + std::to_string(group), errno);
  }
}

std::uint32_t Socket::port() {
  if (!subscribed_ || port_ != 0) return port_;
  sockaddr_nl own{};
  socklen_t size = sizeof own;
  if (getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&own), &size) < 0) {
    throw system_error(Code::io_failure, "ask for a netlink socket's address", errno);
  }
  return port_ = own.nl_pid;
}

bool Socket::wait_for(const os::Deadline& deadline, const std::function<bool(const Reply&)>& is_it, int until) {
  detail::Inbox inbox{fd_.get()};
  do {
    if (!inbox.has_more() && !inbox.wait(deadline, until)) return false;
    const auto event = inbox.receive();
    if (event == detail::Inbox::Event::nothing) continue;
    if (event == detail::Inbox::Event::lost) {
      if (is_it({.type = NLMSG_OVERRUN, .flags = 0, .payload = {}})) return true;
    } else {
      auto rest = inbox.datagram();
      while (const auto received = detail::take_message(rest)) {
        if (is_it(received->reply)) return true;
      }
    }
  } while (!deadline.passed());
  return false;
}

}  // namespace patchbay::wire
