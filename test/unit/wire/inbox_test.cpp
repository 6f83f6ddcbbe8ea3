// SPDX-License-Identifier: Apache-2.0
// Conversations, with the kernel's part played by the other end of a socket pair.
#include "common/wire/detail/inbox.hpp"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <limits>
#include <random>

#include "test/support/catch.hpp"

using namespace patchbay;
using namespace patchbay::wire;
using Bytes = std::vector<std::uint8_t>;
using detail::Ending;

namespace {

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

template <typename Pod>
Bytes raw(const Pod& pod) {
  const auto* first = reinterpret_cast<const std::uint8_t*>(&pod);
  return {first, first + sizeof pod};
}

Bytes message(std::uint16_t type, std::uint32_t sequence, const Bytes& payload = {}, std::uint16_t flags = 0,
              std::uint32_t port = 0) {
  const auto size = static_cast<std::uint32_t>(sizeof(nlmsghdr) + payload.size());
  return raw(nlmsghdr{size, type, flags, sequence, port}) + payload;
}

Bytes error(int number, std::uint32_t refused_length = sizeof(nlmsghdr)) {
  return raw(nlmsgerr{-number, {refused_length, 16, 1, 1, 0}});
}

Bytes text_attribute(const std::string& text) {
  Bytes bytes = raw(nlattr{static_cast<std::uint16_t>(sizeof(nlattr) + text.size() + 1), NLMSGERR_ATTR_MSG});
  bytes.insert(bytes.end(), text.begin(), text.end());
  bytes.resize(NLMSG_ALIGN(bytes.size() + 1));
  return bytes;
}

detail::Verdict verdict(std::uint16_t type, std::uint16_t flags, const Bytes& payload) {
  return detail::verdict_of({.type = type, .flags = flags, .payload = payload});
}

struct Pair {
  os::UniqueFd ours, kernel;
  Pair() {
    int fds[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds) == 0);
    ours.reset(fds[0]), kernel.reset(fds[1]);
  }
  void say(const Bytes& bytes) const {
    REQUIRE(send(kernel.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  }
  // The positions and types heard until an NLMSG_ERROR at `last`.
  std::string hear(const detail::Awaited& awaited, std::size_t last, Ending expected = Ending::finished) const {
    std::string heard;
    const auto ending = detail::converse(ours.get(), awaited, [&](std::size_t position, const Reply& reply) {
      heard += std::to_string(position) + ":" + std::to_string(reply.type) + " ";
      return reply.type == NLMSG_ERROR && position == last;
    });
    CHECK(ending == expected);
    return heard;
  }
};

}  // namespace

TEST_CASE("answers are told by their place; others are passed over") {
  const Pair pair;
  pair.say(message(20, 9));                                         // an earlier conversation
  pair.say(message(20, 10) + message(NLMSG_ERROR, 11, error(17)));  // two in one datagram
  pair.say({1, 2, 3});                                              // rubbish
  pair.say(message(20, 99));                                        // a later one
  pair.say(message(NLMSG_ERROR, 12, error(0)));
  pair.say(message(20, 10));
  CHECK(pair.hear({.first = 10, .count = 3}, 2) == "0:20 1:2 2:2 ");
}

TEST_CASE("sequence numbers may wrap") {
  const Pair pair;
  pair.say(message(20, 0xffffffff) + message(20, 0) + message(NLMSG_ERROR, 1, error(0)));
  CHECK(pair.hear({.first = 0xffffffff, .count = 3}, 2) == "0:20 1:20 2:2 ");
}

TEST_CASE("on a subscribed socket only what carries our address is an answer") {
  const Pair pair;
  pair.say(message(20, 10, {}, 0, 77));
  pair.say(message(20, 10, {}, 0, 0));
  pair.say(message(NLMSG_ERROR, 10, error(0), 0, 42));
  CHECK(pair.hear({.first = 10, .count = 1, .port = 42}, 0) == "0:2 ");
}

TEST_CASE("a datagram that does not fit is a lost answer, not half an answer") {
  const Pair pair;
  pair.say(message(20, 10, Bytes(static_cast<std::size_t>(detail::Datagrams::many))));
  CHECK(pair.hear({.first = 10}, 0, Ending::lost).empty());
}

TEST_CASE("messages are taken off a datagram one by one; lengths that lie end it") {
  const auto taken = [](const Bytes& bytes) {
    std::span<const std::uint8_t> rest{bytes};
    int count = 0;
    while (detail::take_message(rest)) ++count;
    return count;
  };
  CHECK(taken({}) == 0);
  CHECK(taken(message(20, 1)) == 1);
  CHECK(taken(message(20, 1, {1, 2, 3, 4}) + message(20, 1)) == 2);
  CHECK(taken(message(20, 1, {1})) == 1);  // the last needs no padding
  for (const std::uint32_t length : {0U, 1U, 15U, 17U, 0x7fffffffU, 0xffffffffU}) {
    CHECK(taken(raw(nlmsghdr{length, 20, 0, 1, 0})) == 0);
  }
}

TEST_CASE("the kernel's text is found behind the refused message, whole or cut") {
  const auto text = text_attribute("no such thing");
  const std::uint16_t cut = NLM_F_ACK_TLVS | NLM_F_CAPPED;
  CHECK(verdict(NLMSG_ERROR, cut, error(22, 200) + text).kernel_says == "no such thing");
  CHECK(verdict(NLMSG_ERROR, cut, error(22, 200) + text).error_number == 22);
  const Bytes whole = error(22, sizeof(nlmsghdr) + 6) + Bytes(8, 0xff);
  CHECK(verdict(NLMSG_ERROR, NLM_F_ACK_TLVS, whole + text).kernel_says == "no such thing");
  CHECK(verdict(NLMSG_ERROR, 0, whole + text).kernel_says.empty());
  CHECK(verdict(NLMSG_DONE, NLM_F_ACK_TLVS, raw(-19) + text).kernel_says == "no such thing");
  CHECK(verdict(NLMSG_DONE, 0, raw(-19)).error_number == 19);
}

TEST_CASE("verdicts that are cut short say as much as they hold") {
  CHECK(verdict(NLMSG_DONE, 0, {}).error_number == 0);
  CHECK(verdict(NLMSG_ERROR, 0, {}).error_number == EBADMSG);
  CHECK(verdict(NLMSG_ERROR, 0, raw(-17)).error_number == 17);
  CHECK(verdict(NLMSG_ERROR, 0, raw(17)).error_number == EBADMSG);
  CHECK(verdict(NLMSG_ERROR, 0, raw(std::numeric_limits<int>::min())).error_number == EBADMSG);
  CHECK(verdict(NLMSG_ERROR, NLM_F_ACK_TLVS, error(17, 0xffffffff)).error_number == 17);
  CHECK(verdict(NLMSG_ERROR, NLM_F_ACK_TLVS, error(17, 0)).error_number == 17);
  CHECK(verdict(NLMSG_ERROR, NLM_F_ACK_TLVS | NLM_F_CAPPED, error(17)).kernel_says.empty());
}

TEST_CASE("a missing attribute is named") {
  const Bytes missing = raw(nlattr{8, NLMSGERR_ATTR_MISS_TYPE}) + raw(std::uint32_t{3});
  CHECK(verdict(NLMSG_ERROR, NLM_F_ACK_TLVS | NLM_F_CAPPED, error(22) + missing).kernel_says ==
        "attribute 3 is missing");
}

TEST_CASE("noise never does harm") {
  std::mt19937 random{20240229};
  const Bytes good = message(NLMSG_ERROR, 1, error(22) + text_attribute("text"), NLM_F_ACK_TLVS | NLM_F_CAPPED) +
                     message(NLMSG_DONE, 1, raw(0));
  for (int round = 0; round < 20000; ++round) {
    Bytes bytes = good;
    for (int change = 0; change < 4; ++change) bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    bytes.resize(random() % (bytes.size() + 1));
    bytes.shrink_to_fit();
    std::span<const std::uint8_t> rest{bytes};
    std::size_t messages = 0;
    while (const auto received = detail::take_message(rest)) {
      CHECK(detail::verdict_of(received->reply).kernel_says.size() <= bytes.size() + 40);
      REQUIRE(++messages <= good.size() / sizeof(nlmsghdr));
    }
  }
}
