// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/nftables/listing.hpp"

#include <map>

#include "common/firewall/nftables/nftables.hpp"
#include "common/firewall/nftables/ruleset.hpp"
#include "common/firewall/nftables/wanted.hpp"

namespace patchbay::firewall::nftables {
namespace {

Object object_of(const Element& element) {
  const SetName& set = element.set;
  std::string text = std::string{set.table() == Table::inet ? "inet" : "bridge"} + " " + std::string{kTableName} + " " +
                     set.text() + ": " + key_text(element);
  if (!element.data.empty()) text += " to " + target_text(element);
  return {.backend = Backend::nftables,
          .kind = set.kind(),
          .text = std::move(text),
          .tag = element.comment,
          .family = set.family,
          .chain = {}};
}

}  // namespace

std::vector<Object> list() {
  std::vector<Object> objects;
  auto socket = open_if_there();
  if (!socket) return objects;
  for (const auto& [name, elements] : read_ruleset(*socket).sets) {
    for (const auto& [key, element] : elements) {
      const bool is_shared = is_placeholder(element) || element.comment == kPolicy;
      if (!element.leaving && !is_shared) objects.push_back(object_of(element));
    }
  }
  return objects;
}

std::vector<std::string> confined_bridges() {
  std::vector<std::string> bridges;
  auto socket = open_if_there();
  if (!socket) return bridges;
  const auto is_bridge = [](const SetName& set, std::string_view) { return set.role == Role::confined; };
  for (const auto& [name, elements] : read_sets(*socket, {Kind::confinement}, is_bridge)) {
    if (name.role != Role::confined) continue;
    for (const auto& [key, element] : elements) bridges.push_back(key_text(element));
  }
  return bridges;
}

void remove(const std::vector<Object>& objects) {
  std::map<std::string, std::vector<Kind>> kinds;
  for (const Object& object : objects) {
    if (object.backend != Backend::nftables) continue;
    auto& of_tag = kinds[object.tag];
    if (!contains(of_tag, object.kind)) of_tag.push_back(object.kind);
  }
  for (const auto& [tag, of_tag] : kinds) remove_tagged(tag, of_tag);
}

}  // namespace patchbay::firewall::nftables
