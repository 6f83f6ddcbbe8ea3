// SPDX-License-Identifier: Apache-2.0
#include "common/base/owner.hpp"

#include <algorithm>

#include "common/base/digest.hpp"

namespace patchbay {
namespace {

std::string short_network(std::string_view network) { return "#" + sha512_hex(network, 16) + "/"; }

}  // namespace

std::string Owner::tag() const {
  std::string clear = network + "/" + container + "/" + ifname;
  if (clear.size() <= kTagLength) return clear;
  return short_network(network) + sha512_hex(container + "/" + ifname, 32);
}

bool Owner::tag_is_of_network(std::string_view tag, std::string_view network) {
  return tag.starts_with(std::string{network} + "/") || tag.starts_with(short_network(network));
}

std::string Owner::host_ifname(unsigned candidate) const {
  std::string seed = network + "/" + container + "/" + ifname;
  if (candidate > 0) seed += "#" + std::to_string(candidate);
  return "veth" + sha512_hex(seed, 11);
}

std::string Owner::file_name() const { return sha512_hex(network + "/" + container + "/" + ifname, 40); }

std::vector<std::string> sorted_tags(const Owners& owners) {
  std::vector<std::string> tags;
  tags.reserve(owners.size());
  for (const Owner& owner : owners) tags.push_back(owner.tag());
  std::sort(tags.begin(), tags.end());
  return tags;
}

}  // namespace patchbay
