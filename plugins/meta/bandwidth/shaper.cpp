// SPDX-License-Identifier: Apache-2.0
#include "plugins/meta/bandwidth/shaper.hpp"

#include <algorithm>

#include "common/base/digest.hpp"
#include "common/base/error.hpp"

namespace patchbay::bandwidth {
namespace {

namespace links = netlink::links;

constexpr const char* kKind = "ifb";
constexpr std::size_t kDigits = 12;

// The reference suite's have no tag.
bool is_of(const netlink::Link& link, const Owner& owner) {
  const bool of_the_reference = link.alias.empty() && link.name == shaper_names(owner)[0];
  return link.kind == kKind && (link.alias == owner.tag() || of_the_reference);
}

}  // namespace

std::vector<std::string> shaper_names(const Owner& owner) {
  const std::string usual = owner.network + owner.container;
  return {"bwp" + sha512_hex(usual, kDigits), "bwp" + sha512_hex(usual + "/" + owner.ifname, kDigits)};
}

std::optional<netlink::Link> find_shaper(netlink::Socket& host, const Owner& owner) {
  for (netlink::Link& link : links::find_all(host, shaper_names(owner))) {
    if (is_of(link, owner)) return std::move(link);
  }
  return std::nullopt;
}

netlink::Link create_shaper(netlink::Socket& host, const Owner& owner, unsigned mtu) {
  const auto names = shaper_names(owner);
  for (const std::string& name : names) {
    if (auto made = links::create_ifb(host, {.name = name, .alias = owner.tag(), .mtu = mtu})) return *std::move(made);
  }
  throw Error{Code::interface_exists, "interfaces " + names[0] + " and " + names[1] + " exist already"}.hint(
      "`ip link show` tells by their alias whose they are");
}

void remove_shaper(netlink::Socket& host, const Owner& owner) {
  for (const netlink::Link& link : links::find_all(host, shaper_names(owner))) {
    if (is_of(link, owner)) links::remove(host, link.index, {});
  }
}

void collect_shapers(netlink::Socket& host, const std::string& network, const Owners& valid) {
  const auto keep = sorted_tags(valid);
  auto stale = links::list(host, kKind);
  std::erase_if(stale, [&](const netlink::Link& link) {
    return !Owner::tag_is_of_network(link.alias, network) || std::binary_search(keep.begin(), keep.end(), link.alias);
  });
  for (const netlink::Link& link : stale) links::remove(host, link.index, link.name);
}

}  // namespace patchbay::bandwidth
