// SPDX-License-Identifier: Apache-2.0
// nfnetlink batches (<linux/netfilter/nfnetlink.h>; nfnetlink_rcv_batch in the kernel).
#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "common/wire/detail/inbox.hpp"
#include "common/wire/detail/outbox.hpp"
#include "common/wire/socket.hpp"

namespace patchbay::wire {
namespace {

Message marker(std::uint16_t type, std::uint8_t subsystem) {
  return {type, 0, nfgenmsg{.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0, .res_id = htons(subsystem)}};
}

}  // namespace

// The last request asks for the acknowledgement: the kernel delivers it after the commit, together
// with every error. (Acknowledging the end marker itself came with 6.10 only.) When the batch as a
// whole fails - generation moved, no permission, no such subsystem, commit failed - the error is
// for the begin marker and comes first.
std::vector<Refusal> Socket::batch(std::uint8_t subsystem, std::uint32_t generation, std::vector<Request> requests) {
  if (requests.empty()) return {};
  discard_notifications();
  const std::uint32_t begin_sequence = ++sequence_;
  detail::Outbox outbox;
  Message begin = marker(NFNL_MSG_BATCH_BEGIN, subsystem);
  if (generation != 0) begin.put_be32(NFNL_BATCH_GENID, generation);
  outbox.add(begin.release(), begin_sequence, 0);
  for (const Request& request : requests) {
    const bool is_last = &request == &requests.back();
    outbox.add(request.message, ++sequence_, is_last ? NLM_F_ACK : 0, is_last ? 0 : NLM_F_ACK);
  }
  outbox.add(marker(NFNL_MSG_BATCH_END, subsystem).release(), ++sequence_, 0);
  outbox.send(fd_.get(), requests.front().doing);

  std::vector<Refusal> refusals;
  const auto visit = [&](std::size_t position, const Reply& reply) {
    if (reply.type != NLMSG_ERROR) return false;
    auto verdict = detail::verdict_of(reply);
    const bool is_begin = position == 0;
    if (verdict.error_number != 0) {
      refusals.push_back({is_begin ? SIZE_MAX : position - 1, verdict.error_number, std::move(verdict.kernel_says)});
    }
    return is_begin || position == requests.size();
  };
  const auto ending = detail::converse(
      fd_.get(),
      {.doing = requests.front().doing, .first = begin_sequence, .count = requests.size() + 1, .port = port()}, visit);
  // One refusal is enough to know that nothing was committed.
  if (ending != detail::Ending::finished && refusals.empty()) throw detail::unanswered(requests.front().doing, ending);
  return refusals;
}

}  // namespace patchbay::wire
