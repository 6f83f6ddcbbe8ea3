// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "common/firewall/nftables/nftables.hpp"
#include "common/firewall/nftables/requests.hpp"
#include "common/firewall/nftables/ruleset.hpp"
#include "common/firewall/nftables/wanted.hpp"

namespace patchbay::firewall::nftables {
namespace {

using Words = std::vector<std::string>;

void say_elements(wire::Socket& socket, const Wanted& wanted, const std::string& tag, Words& words) {
  std::vector<Element> asked = wanted.elements;
  std::ranges::copy(placeholders_of(wanted.elements), std::back_inserter(asked));
  std::ranges::copy(wanted.shared, std::back_inserter(asked));
  Found found = find_elements(socket, asked);
  std::erase_if(found.elements, [](const Element& element) { return element.leaving; });
  std::ranges::sort(found.elements, in_order);
  for (const Element& element : asked) {
    const auto at = std::ranges::lower_bound(found.elements, element, in_order);
    if (at == found.elements.end() || !at_same_place(*at, element)) {
      words.push_back("nftables: " + absence(element));
    } else if (is_host_port(element) && Owner::tags_are_of_one_container(tag, at->comment)) {
      continue;  // its container's, by another network
    } else if (at->data != element.data) {
      words.push_back("nftables: " + absence(element) + " but to " + target_text(*at) + " for " + at->comment);
    } else if (at->comment != element.comment) {
      words.push_back("nftables: " + absence(element) + " for this attachment but for " + at->comment);
    }
  }
}

void say_rules(wire::Socket& socket, const Wanted& wanted, Words& words) {
  const auto present = read_rules(socket);
  for (const Rule& rule : layout(wanted.needs).rules) {
    const bool there = std::ranges::any_of(present, [&](const PresentRule& other) {
      return other.table == rule.table && other.chain == rule.chain && other.id == rule.id;
    });
    if (there) continue;
    words.push_back("nftables: rule \"" + rule.id + "\" of chain " +
                    (rule.table == Table::inet ? "inet patchbay " : "bridge patchbay ") + rule.chain + " is missing");
  }
}

}  // namespace

std::vector<std::string> missing(const Owner& owner, const Intents& intents) {
  const Wanted request = wanted(owner, intents);
  Words words;
  if (request.kinds.empty()) return words;
  wire::Socket socket{wire::Socket::Family::netfilter};
  say_elements(socket, request, owner.tag(), words);
  say_rules(socket, request, words);
  return words;
}

std::optional<std::string> unavailable() {
  try {
    wire::Socket socket{wire::Socket::Family::netfilter};
    socket.transact(get_generation());
  } catch (const Error& error) {
    return "nftables: " + error.summary();
  }
  return std::nullopt;
}

}  // namespace patchbay::firewall::nftables
