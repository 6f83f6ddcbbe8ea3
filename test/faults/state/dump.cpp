// SPDX-License-Identifier: Apache-2.0
#include "test/faults/state/dump.hpp"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cctype>
#include <cstring>
#include <stdexcept>

#include "test/support/process.hpp"

namespace patchbay::faults {
namespace {

template <typename Visit>
void for_each_attribute(Bytes bytes, const Visit& visit) {
  while (bytes.size() >= sizeof(nlattr)) {
    const auto header = head<nlattr>(bytes);
    if (header.nla_len < sizeof header || header.nla_len > bytes.size()) return;
    visit(header.nla_type & NLA_TYPE_MASK, bytes.subspan(sizeof header, header.nla_len - sizeof header));
    bytes = bytes.subspan(
        std::min<std::size_t>((header.nla_len + NLA_ALIGNTO - 1U) / NLA_ALIGNTO * NLA_ALIGNTO, bytes.size()));
  }
}

}  // namespace

Attributes attributes(Bytes bytes) {
  Attributes all;
  for_each_attribute(bytes, [&](int type, Bytes value) { all[type] = value; });
  return all;
}

std::vector<Bytes> nested(Bytes bytes) {
  std::vector<Bytes> all;
  for_each_attribute(bytes, [&](int, Bytes value) { all.push_back(value); });
  return all;
}

std::string shown(Bytes bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    if (std::isgraph(byte) != 0 && byte != '\\') {
      text += static_cast<char>(byte);
    } else {
      text += {'\\', kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
  }
  return text;
}

std::string shown(const Attributes& all, std::initializer_list<int> chosen) {
  std::string text;
  for (const int type : chosen) {
    const auto at = all.find(type);
    if (at != all.end()) text += " " + std::to_string(type) + "=" + shown(at->second);
  }
  return text;
}

Lister::Lister(int protocol) : fd_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol)) {
  if (!fd_) test::fail_errno("netlink socket");
}

void Lister::list(std::uint16_t type, Bytes body, const OnObject& on_object) {
  std::vector<std::uint8_t> request(sizeof(nlmsghdr) + body.size());
  const nlmsghdr header{.nlmsg_len = static_cast<std::uint32_t>(request.size()),
                        .nlmsg_type = type,
                        .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                        .nlmsg_seq = ++sequence_,
                        .nlmsg_pid = 0};
  std::memcpy(request.data(), &header, sizeof header);
  std::ranges::copy(body, request.begin() + sizeof header);
  if (send(fd_.get(), request.data(), request.size(), 0) < 0) test::fail_errno("send a listing request");
  while (receive(sequence_, on_object)) {
  }
}

bool Lister::receive(std::uint32_t sequence, const OnObject& on_object) {
  static std::array<std::uint8_t, 1 << 16> buffer;
  const ssize_t got = recv(fd_.get(), buffer.data(), buffer.size(), 0);
  if (got < 0) test::fail_errno("receive a list");
  Bytes rest{buffer.data(), static_cast<std::size_t>(got)};
  while (rest.size() >= sizeof(nlmsghdr)) {
    const auto header = head<nlmsghdr>(rest);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > rest.size()) break;
    const Bytes payload = rest.subspan(sizeof header, header.nlmsg_len - sizeof header);
    if (header.nlmsg_seq == sequence) {
      if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) return false;  // or no such thing here
      on_object(header.nlmsg_type, payload);
    }
    rest = rest.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), rest.size()));
  }
  return true;
}

}  // namespace patchbay::faults
