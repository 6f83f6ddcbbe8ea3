// SPDX-License-Identifier: Apache-2.0
#include "common/base/owner.hpp"

#include <algorithm>

#include "common/base/digest.hpp"

namespace patchbay {
namespace {

// "#", 16 digits, "/", 32 digits
constexpr std::size_t kShortNetwork = 18, kShortTag = 50;
constexpr std::size_t kFileNameLength = 40;

std::string short_network(std::string_view network) { return "#" + sha512_hex(network, 16) + "/"; }

std::vector<std::string> sorted(const Owners& owners, std::string (Owner::*name)() const) {
  std::vector<std::string> names;
  names.reserve(owners.size());
  for (const Owner& owner : owners) names.push_back((owner.*name)());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::string Owner::tag() const {
  std::string clear = network + "/" + container + "/" + ifname;
  if (clear.size() <= kTagLength) return clear;
  return short_network(network) + sha512_hex(container + "/" + ifname, 32);
}

std::optional<Owner> Owner::parse_tag(std::string_view tag) {
  const std::size_t first = tag.find('/');
  const std::size_t second = first == std::string_view::npos ? first : tag.find('/', first + 1);
  if (second == std::string_view::npos || tag.starts_with('#') || tag.find('/', second + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  Owner owner{std::string{tag.substr(0, first)}, std::string{tag.substr(first + 1, second - first - 1)},
              std::string{tag.substr(second + 1)}};
  if (owner.network.empty() || owner.container.empty() || owner.ifname.empty()) return std::nullopt;
  return owner;
}

bool Owner::is_tag(std::string_view text) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  const bool is_short = text.size() == kShortTag && text.front() == '#' && text[kShortNetwork - 1] == '/' &&
                        std::ranges::count_if(text, is_hex) == kShortTag - 2;
  return is_short || parse_tag(text).has_value();
}

bool Owner::tag_is_of_network(std::string_view tag, std::string_view network) {
  return tag.starts_with(std::string{network} + "/") || tag.starts_with(short_network(network));
}

bool Owner::tags_are_of_one_container(std::string_view one, std::string_view other) {
  const auto first = parse_tag(one), second = parse_tag(other);
  return first && second && first->container == second->container && first->network != second->network;
}

std::string Owner::host_ifname(unsigned candidate) const {
  std::string seed = network + "/" + container + "/" + ifname;
  if (candidate > 0) seed += "#" + std::to_string(candidate);
  return "veth" + sha512_hex(seed, 11);
}

std::string Owner::file_name() const { return sha512_hex(network + "/" + container + "/" + ifname, kFileNameLength); }

bool Owner::is_file_name(std::string_view name) {
  return name.size() == kFileNameLength && name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::vector<std::string> sorted_tags(const Owners& owners) { return sorted(owners, &Owner::tag); }

std::vector<std::string> sorted_file_names(const Owners& owners) { return sorted(owners, &Owner::file_name); }

}  // namespace patchbay
