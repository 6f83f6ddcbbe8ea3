// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/nftables/userdata.hpp"

#include <algorithm>
#include <cstring>

namespace patchbay::firewall::nftables {
namespace {

constexpr std::uint8_t kKeyByteOrder = 0, kDataByteOrder = 1;

void append_order(std::vector<std::uint8_t>& to, std::uint8_t type, ByteOrder order) {
  const std::size_t at = to.size();
  to.resize(at + 2 + sizeof order);
  to[at] = type;
  to[at + 1] = sizeof order;
  std::memcpy(to.data() + at + 2, &order, sizeof order);
}

}  // namespace

std::vector<std::uint8_t> comment_userdata(std::string_view comment) {
  comment = comment.substr(0, kCommentLength);
  std::vector<std::uint8_t> bytes(2 + comment.size() + 1);  // type, length, text, NUL
  bytes[0] = kComment;
  bytes[1] = static_cast<std::uint8_t>(comment.size() + 1);
  std::copy(comment.begin(), comment.end(), bytes.begin() + 2);
  return bytes;
}

std::string comment_of(std::span<const std::uint8_t> userdata) {
  while (userdata.size() >= 2) {
    const std::uint8_t type = userdata[0];
    const std::size_t length = std::min<std::size_t>(userdata[1], userdata.size() - 2);
    const auto value = userdata.subspan(2, length);
    if (type == kComment) return {value.begin(), std::find(value.begin(), value.end(), std::uint8_t{0})};
    userdata = userdata.subspan(2 + length);
  }
  return {};
}

std::vector<std::uint8_t> set_userdata(ByteOrder keys, bool has_data) {
  std::vector<std::uint8_t> bytes;
  append_order(bytes, kKeyByteOrder, keys);
  if (has_data) append_order(bytes, kDataByteOrder, ByteOrder::mixed);
  return bytes;
}

}  // namespace patchbay::firewall::nftables
