// SPDX-License-Identifier: Apache-2.0
#include "common/wire/message.hpp"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <limits>

#include "common/base/error.hpp"

namespace patchbay::wire {
namespace {

// Most messages stay below this; libnl would clear a whole page for each.
constexpr std::size_t kFirstSize = 512;
constexpr std::size_t kAttributeHeader = sizeof(nlattr);
constexpr std::size_t kLongestAttribute = std::numeric_limits<std::uint16_t>::max();  // nla_len

std::size_t length(nl_msg* message) { return nlmsg_hdr(message)->nlmsg_len; }

[[noreturn]] void fail(const std::string& what) { throw Error{Code::internal, "netlink message: " + what}; }

// Makes room for `more` bytes behind what is there. The message may move in memory.
void make_room(nl_msg* message, std::size_t more) {
  const std::size_t needed = NLMSG_ALIGN(length(message)) + NLMSG_ALIGN(more);
  const std::size_t present = nlmsg_get_max_size(message);
  if (needed <= present) return;
  if (nlmsg_expand(message, std::max(needed, 2 * present)) < 0) fail("out of memory");
}

nlattr* reserve(nl_msg* message, int type, std::size_t size) {
  if (size > kLongestAttribute - kAttributeHeader) fail("an attribute exceeds 64 KiB");
  make_room(message, kAttributeHeader + size);
  nlattr* attribute = nla_reserve(message, type, static_cast<int>(size));
  if (attribute == nullptr) fail("no room for an attribute");
  return attribute;
}

// nla_nest_start and nla_nest_end differ between libnl versions in the flag they set and in whether
// they drop an empty nest (which is a statement of its own, e.g. "no flags"); done by hand they do not.
void nest_as(nl_msg* message, int type, const std::function<void()>& fill) {
  const std::size_t start = NLMSG_ALIGN(length(message));
  reserve(message, type, 0);
  fill();
  const std::size_t size = length(message) - start;
  if (size > kLongestAttribute) fail("a nest exceeds 64 KiB");
  auto* bytes = reinterpret_cast<std::uint8_t*>(nlmsg_hdr(message)) + start;  // `fill` may have moved it
  const auto nla_len = static_cast<std::uint16_t>(size);
  std::memcpy(bytes + offsetof(nlattr, nla_len), &nla_len, sizeof nla_len);
}

// Used again, rather than freed: an undo needs a few where there may be no memory, libnl has no reserve, and
// before anything is changed some have been sent.
std::array<std::atomic<nl_msg*>, 16> spares{};

bool keep(nl_msg* message) {
  return std::ranges::any_of(spares, [message](auto& spare) {
    nl_msg* none = nullptr;
    return spare.compare_exchange_strong(none, message);
  });
}

nl_msg* take_spare(std::size_t size) {
  for (auto& spare : spares) {
    nl_msg* message = spare.exchange(nullptr);
    if (message == nullptr) continue;
    if (nlmsg_get_max_size(message) >= size) {
      std::memset(nlmsg_hdr(message), 0, nlmsg_hdr(message)->nlmsg_len);
      nlmsg_hdr(message)->nlmsg_len = NLMSG_HDRLEN;
      return message;
    }
    nlmsg_free(message);
  }
  return nullptr;
}

nl_msg* allocate(std::size_t size) {
  nl_msg* message = take_spare(size);
  return message != nullptr ? message : nlmsg_alloc_size(size);
}

}  // namespace

void MessageDeleter::operator()(nl_msg* message) const {
  if (!keep(message)) nlmsg_free(message);
}

Message::Message(std::uint16_t type, std::uint16_t flags, const void* header, std::size_t size)
    : message_(allocate(std::max(kFirstSize, NLMSG_HDRLEN + 2 * size))) {
  if (!message_) fail("out of memory");
  nlmsghdr* head = nlmsg_hdr(message_.get());
  head->nlmsg_type = type;
  head->nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST);
  append(header, size);
}

Message::Message(MessagePointer built) : message_(std::move(built)) {
  if (!message_) fail("libnl could not build it");
  nlmsg_hdr(message_.get())->nlmsg_flags |= NLM_F_REQUEST;
}

Message& Message::put(int type, std::span<const std::uint8_t> bytes) {
  nlattr* attribute = reserve(get(), type, bytes.size());
  if (!bytes.empty()) std::memcpy(nla_data(attribute), bytes.data(), bytes.size());
  return *this;
}

Message& Message::put_u8(int type, std::uint8_t value) { return put_pod(type, value); }
Message& Message::put_u16(int type, std::uint16_t value) { return put_pod(type, value); }
Message& Message::put_u32(int type, std::uint32_t value) { return put_pod(type, value); }
Message& Message::put_u64(int type, std::uint64_t value) { return put_pod(type, value); }
Message& Message::put_be16(int type, std::uint16_t value) { return put_pod(type, htons(value)); }
Message& Message::put_be32(int type, std::uint32_t value) { return put_pod(type, htonl(value)); }

Message& Message::put_be64(int type, std::uint64_t value) {
  return put_pod(type, std::endian::native == std::endian::little ? __builtin_bswap64(value) : value);
}

Message& Message::put_text(int type, std::string_view text) {
  auto* bytes = static_cast<char*>(nla_data(reserve(get(), type, text.size() + 1)));
  bytes[text.copy(bytes, text.size())] = '\0';
  return *this;
}

Message& Message::put_flag(int type) { return put(type, {}); }

Message& Message::nest(int type, const std::function<void()>& fill) {
  return nest_as(get(), type | NLA_F_NESTED, fill), *this;
}

Message& Message::nest_plain(int type, const std::function<void()>& fill) { return nest_as(get(), type, fill), *this; }

Message& Message::append(const void* bytes, std::size_t size) {
  make_room(get(), size);
  // nlmsg_append takes a void* that it only reads
  if (nlmsg_append(get(), const_cast<void*>(bytes), size, NLMSG_ALIGNTO) < 0) fail("no room for a header");
  return *this;
}

std::span<const std::uint8_t> Message::bytes() const {
  return {reinterpret_cast<const std::uint8_t*>(nlmsg_hdr(get())), length(get())};
}

}  // namespace patchbay::wire
