// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/nftables/settle.hpp"

#include <algorithm>
#include <set>

#include "common/base/error.hpp"

namespace patchbay::firewall::nftables {
namespace {

const Element* find(const Sets& sets, const Element& wanted) {
  const auto set = sets.find(wanted.set);
  if (set == sets.end()) return nullptr;
  const auto at = set->second.find(wanted.key);
  return at == set->second.end() ? nullptr : &at->second;
}

// Host ports in `sets` that some packet to `wanted` would meet as well. No own ones are left there.
std::vector<const Element*> obstacles(const Sets& sets, const Element& wanted) {
  std::vector<const Element*> found;
  const auto add = [&](const Element* element) {
    if (element != nullptr && !is_placeholder(*element)) found.push_back(element);
  };
  add(find(sets, wanted));
  if (wanted.set.role == Role::host_port_ip) {
    add(find(sets, placeholder(wanted)));
  } else if (wanted.set.role == Role::host_port) {
    SetName by_address = wanted.set;
    by_address.role = Role::host_port_ip;
    const auto set = sets.find(by_address);
    if (set == sets.end()) return found;
    for (const auto& [key, element] : set->second) {
      if (placeholder(element).key == wanted.key) add(&element);
    }
  }
  return found;
}

Error taken(const Element& obstacle) {
  const std::string who = obstacle.comment.empty() ? "an unnamed owner" : obstacle.comment;
  return Error{Code::host_port_taken, "host port " + host_port_text(obstacle) + " is already forwarded to " +
                                          target_text(obstacle) + " for " + who}
      .hint("choose another host port, or end the attachment that holds it");
}

void erase(Sets& sets, const Goes& goes) {
  for (auto& [name, elements] : sets) {
    std::erase_if(elements, [&](const auto& entry) { return goes(entry.second); });
  }
}

bool is_leaving(const Element& element) { return element.leaving; }

// The owners in the way, all of them dead.
std::set<std::string> dead_owners(const Sets& sets, const Wanted& wanted, const std::string& tag,
                                  const IsDead& is_dead) {
  std::set<std::string> dead;
  for (const Element& element : wanted.elements) {
    if (!is_host_port(element)) continue;
    for (const Element* obstacle : obstacles(sets, element)) {
      if (dead.contains(obstacle->comment) || Owner::tags_are_of_one_container(tag, obstacle->comment)) continue;
      if (!is_dead(obstacle->comment)) throw taken(*obstacle);
      dead.insert(obstacle->comment);
    }
  }
  return dead;
}

}  // namespace

Sets settle(Sets present, const Wanted& wanted, const std::string& tag, const IsDead& is_dead) {
  erase(present, is_leaving);
  erase(present,
        [&](const Element& element) { return element.comment == tag && contains(wanted.kinds, element.set.kind()); });
  const auto dead = dead_owners(present, wanted, tag, is_dead);
  erase(present, [&](const Element& element) {
    return element.set.kind() == Kind::host_port && dead.contains(element.comment);
  });
  std::vector<const Element*> coming;
  for (const Element& element : wanted.elements) {
    if (!is_host_port(element) || obstacles(present, element).empty()) coming.push_back(&element);
  }
  for (const Element& element : wanted.shared) coming.push_back(&element);
  for (const Element* element : coming) present[element->set].insert_or_assign(element->key, *element);
  derive_placeholders(present);
  return present;
}

Sets without(Sets present, const Goes& goes) {
  erase(present, [&](const Element& element) { return element.leaving || goes(element); });
  derive_placeholders(present);
  return present;
}

Changes difference(const Sets& before, const Sets& after) {
  Changes changes;
  const auto collect = [](const Sets& sets, const Sets& others, std::vector<Element>& to) {
    for (const auto& [name, elements] : sets) {
      for (const auto& [key, element] : elements) {
        const Element* other = find(others, element);
        if (other == nullptr || *other != element) to.push_back(element);
      }
    }
  };
  collect(before, after, changes.remove);
  collect(after, before, changes.add);
  return changes;
}

}  // namespace patchbay::firewall::nftables
