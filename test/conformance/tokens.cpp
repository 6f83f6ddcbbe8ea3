// SPDX-License-Identifier: Apache-2.0
#include "test/conformance/tokens.hpp"

#include <algorithm>

#include "common/netlink/link.hpp"

namespace patchbay::test::conformance {

namespace {

using netlink::Link;

std::vector<Link> links_here() {
  netlink::Socket socket;
  return netlink::links::list(socket);
}

std::string host_end_of(const std::vector<Link>& host, const Link& inner) {
  if (inner.kind != "veth" || !inner.peer_elsewhere) return {};
  const auto found = std::find_if(host.begin(), host.end(), [&](const Link& link) { return link.index == inner.peer; });
  return found == host.end() ? "" : found->name;
}

bool is_by_chance(const net::Mac& mac) { return !mac.is_zero() && !mac.to_string().starts_with(kChosenMac); }

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

}  // namespace

void Tokens::learn(World& world, const std::vector<std::string>& containers) {
  auto host = links_here();
  // Ports first: a bridge that has the MAC of one of them is not the other way round.
  std::stable_partition(host.begin(), host.end(), [](const Link& link) { return link.kind == "veth"; });
  for (const auto& container : containers) {
    std::vector<Link> inside;
    world.in(container, [&] { inside = links_here(); });
    for (const Link& link : inside) {
      if (const auto name = host_end_of(host, link); !name.empty())
        tokens_.try_emplace(name, "port-" + container + "-" + link.name);
      if (is_by_chance(link.mac)) tokens_.try_emplace(link.mac.to_string(), "mac-of-" + container + "-" + link.name);
    }
  }
  for (const Link& link : host)
    if (is_by_chance(link.mac)) tokens_.try_emplace(link.mac.to_string(), "mac-of-" + apply(link.name));
}

std::string Tokens::apply(std::string text) const {
  for (const auto& [value, token] : tokens_) text = replace_all(std::move(text), value, token);
  return text;
}

bool Tokens::any_link_of(const std::string& container) const {
  const auto host = links_here();
  return std::any_of(host.begin(), host.end(),
                     [&](const Link& link) { return apply(link.name).starts_with("port-" + container + "-"); });
}

}  // namespace patchbay::test::conformance
