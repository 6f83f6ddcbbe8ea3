// SPDX-License-Identifier: Apache-2.0
// What nf_tables answers, read into values; nullopt for what is something else, malformed, or not of
// our tables.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/firewall/nftables/element.hpp"
#include "common/wire/socket.hpp"

namespace patchbay::firewall::nftables {

struct PresentRule {
  Table table{};
  std::string chain, id;
  std::uint64_t handle = 0;
};

struct PresentChain {
  Table table{};
  std::string name;
  std::uint32_t uses = 0;  // rules in it, and jumps to it
};

// Whether elements of a set with a comment are wanted.
using Keep = std::function<bool(const SetName&, std::string_view)>;

std::optional<std::uint32_t> parse_generation(const wire::Reply& reply);
std::optional<SetName> parse_set(const wire::Reply& reply);
std::optional<PresentRule> parse_rule(const wire::Reply& reply, Table table);
std::optional<PresentChain> parse_chain(const wire::Reply& reply);
void for_each_element(const wire::Reply& reply, const Keep& keep, const std::function<void(Element)>& visit);

}  // namespace patchbay::firewall::nftables
