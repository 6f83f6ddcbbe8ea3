// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/names.hpp"

#include <algorithm>

#include "common/base/digest.hpp"

namespace patchbay::firewall::iptables {
namespace {

constexpr std::size_t kChainLength = 28;     // as long as a target's name may be
constexpr std::size_t kCommentLength = 255;  // XT_MAX_COMMENT_LEN less the NUL; iptables cuts the rest off

constexpr std::string_view kMasqueradePrefix = "CNI-";
constexpr std::string_view kDnatPrefix = "CNI-DN-";
constexpr std::string_view kSnatPrefix = "CNI-SN-";

constexpr std::string_view kName = "name: \"";
constexpr std::string_view kDnatName = "dnat name: \"";
constexpr std::string_view kId = "\" id: \"";

std::string hashed(std::string_view prefix, const Owner& owner) {
  return std::string{prefix} + sha512_hex(owner.network + owner.container, kChainLength - prefix.size());
}

bool is_hashed(std::string_view prefix, std::string_view chain) {
  const auto is_hex = [](char digit) { return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f'); };
  return chain.size() == kChainLength && chain.starts_with(prefix) &&
         std::all_of(chain.begin() + static_cast<std::ptrdiff_t>(prefix.size()), chain.end(), is_hex);
}

std::string comment(std::string_view start, const Owner& owner) {
  return std::string{start} + owner.network + std::string{kId} + owner.container + "\"";
}

bool starts_with_network(std::string_view start, std::string_view network, std::string_view comment) {
  return comment.starts_with(std::string{start} + std::string{network} + std::string{kId});
}

std::optional<Owner> parse_comment(std::string_view start, std::string_view comment) {
  if (!comment.starts_with(start) || !comment.ends_with('"')) return std::nullopt;
  comment.remove_prefix(start.size());
  comment.remove_suffix(1);
  const std::size_t middle = comment.find(kId);
  if (middle == std::string_view::npos) return std::nullopt;
  return Owner{std::string{comment.substr(0, middle)}, std::string{comment.substr(middle + kId.size())}, "*"};
}

}  // namespace

std::string masquerade_chain(const Owner& owner) { return hashed(kMasqueradePrefix, owner); }
std::string host_port_chain(const Owner& owner) { return hashed(kDnatPrefix, owner); }
std::string old_snat_chain(const Owner& owner) { return hashed(kSnatPrefix, owner); }
bool is_masquerade_chain(std::string_view chain) { return is_hashed(kMasqueradePrefix, chain); }
bool is_host_port_chain(std::string_view chain) { return is_hashed(kDnatPrefix, chain); }

std::string masquerade_comment(const Owner& owner) { return comment(kName, owner).substr(0, kCommentLength); }

std::string host_port_comment(const Owner& owner) {
  std::string text = comment(kDnatName, owner);
  if (text.size() <= kCommentLength) return text;
  return (text.substr(0, 253) + "...").substr(0, kCommentLength);  // the reference cuts to 253 + 3, iptables to 255
}

bool masquerade_comment_is_of(std::string_view network, std::string_view comment) {
  return starts_with_network(kName, network, comment);
}

bool host_port_comment_is_of(std::string_view network, std::string_view comment) {
  return starts_with_network(kDnatName, network, comment);
}

std::optional<Owner> parse_host_port_comment(std::string_view comment) { return parse_comment(kDnatName, comment); }
std::optional<Owner> parse_masquerade_comment(std::string_view comment) { return parse_comment(kName, comment); }

std::uint32_t attachment_number(const Owner& owner) {
  std::uint32_t number = 0;
  for (const char digit : sha512_hex(owner.network + "/" + owner.container + "/" + owner.ifname, 8)) {
    number = number << 4U | static_cast<std::uint32_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
  }
  return number == 0 ? 1 : number;
}

}  // namespace patchbay::firewall::iptables
