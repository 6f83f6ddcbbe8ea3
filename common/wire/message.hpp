// SPDX-License-Identifier: Apache-2.0
// Netlink messages: building them with libnl-3's attribute functions, reading attributes back.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct nl_msg;

namespace patchbay::wire {

struct MessageDeleter {
  void operator()(nl_msg* message) const;
};
using MessagePointer = std::unique_ptr<nl_msg, MessageDeleter>;

// A message under construction. Attributes nest by the braces of the lambda:
//   message.nest(IFLA_LINKINFO, [&] { message.put_text(IFLA_INFO_KIND, "bridge"); });
class Message {
 public:
  // `header` is the fixed part after nlmsghdr (ifinfomsg, rtmsg, nfgenmsg…). NLM_F_REQUEST is added.
  template <typename Header>
  Message(std::uint16_t type, std::uint16_t flags, const Header& header)
      : Message(type, flags, &header, sizeof(Header)) {}
  Message(std::uint16_t type, std::uint16_t flags, const void* header, std::size_t size);
  explicit Message(MessagePointer built);  // by libnl-route

  Message& put(int type, std::span<const std::uint8_t> bytes);
  Message& put_u8(int type, std::uint8_t value);
  Message& put_u16(int type, std::uint16_t value);
  Message& put_u32(int type, std::uint32_t value);
  Message& put_u64(int type, std::uint64_t value);
  Message& put_be16(int type, std::uint16_t value);  // host value, sent in network order
  Message& put_be32(int type, std::uint32_t value);
  Message& put_be64(int type, std::uint64_t value);
  Message& put_text(int type, std::string_view text);  // NUL-terminated
  Message& put_flag(int type);
  template <typename Pod>
  Message& put_pod(int type, const Pod& value) {
    return put(type, {reinterpret_cast<const std::uint8_t*>(&value), sizeof(Pod)});
  }
  Message& nest(int type, const std::function<void()>& fill);        // NLA_F_NESTED set
  Message& nest_plain(int type, const std::function<void()>& fill);  // without the flag, for old families
  // Raw bytes without an attribute header (a struct inside a nest, e.g. ifinfomsg in VETH_INFO_PEER).
  Message& append(const void* bytes, std::size_t size);

  // As it goes to the kernel, nlmsghdr first.
  [[nodiscard]] std::span<const std::uint8_t> bytes() const;
  [[nodiscard]] nl_msg* get() const { return message_.get(); }
  [[nodiscard]] MessagePointer release() { return std::move(message_); }

 private:
  MessagePointer message_;
};

// Attributes as received. Every access is length-checked: what the kernel (or another namespace's
// content) sends is not trusted to be well formed.
struct Attribute {
  std::uint16_t type = 0;  // without NLA_F_NESTED / NLA_F_NET_BYTEORDER
  std::span<const std::uint8_t> payload;
};

class Attributes {
 public:
  explicit Attributes(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  [[nodiscard]] std::optional<Attribute> find(std::uint16_t type) const;
  [[nodiscard]] std::optional<std::uint8_t> u8(std::uint16_t type) const;
  [[nodiscard]] std::optional<std::uint16_t> u16(std::uint16_t type) const;
  [[nodiscard]] std::optional<std::uint32_t> u32(std::uint16_t type) const;
  [[nodiscard]] std::optional<std::uint16_t> be16(std::uint16_t type) const;
  [[nodiscard]] std::optional<std::uint32_t> be32(std::uint16_t type) const;
  [[nodiscard]] std::optional<std::uint64_t> be64(std::uint16_t type) const;
  [[nodiscard]] std::string text(std::uint16_t type) const;   // up to the first NUL; empty when absent
  [[nodiscard]] Attributes nested(std::uint16_t type) const;  // empty when absent
  void for_each(const std::function<void(const Attribute&)>& visit) const;
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

 private:
  std::span<const std::uint8_t> bytes_;
};

// The fixed header and the attributes behind it; nullopt when the payload is too short.
template <typename Header>
std::optional<std::pair<Header, Attributes>> parse(std::span<const std::uint8_t> payload) {
  if (payload.size() < sizeof(Header)) return std::nullopt;
  Header header;
  std::memcpy(&header, payload.data(), sizeof(Header));
  const std::size_t aligned = (sizeof(Header) + 3U) & ~std::size_t{3U};
  return std::pair{header, Attributes{payload.subspan(std::min(aligned, payload.size()))}};
}

}  // namespace patchbay::wire
