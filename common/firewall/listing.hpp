// SPDX-License-Identifier: Apache-2.0
// Everything in the packet filter that is there for attachments, one by one: for audits, and for
// removing exactly what an audit has shown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/firewall/intent.hpp"
#include "common/firewall/iptables/variant.hpp"

namespace patchbay::firewall {

struct Object {
  Backend backend{};
  Kind kind{};
  std::string text;  // as nft or iptables -S would print it
  // nftables: the owner's tag. iptables: "network/container/*", where some comment says so.
  std::string tag;
  // iptables only: where it is, in which of its variants, and which attachment of the container it is of (0: it does
  // not say, as rules of the reference suite).
  iptables::Variant variant{};
  net::Family family{};
  std::string chain;
  std::uint32_t attachment = 0;
};

// Both backends, whatever is configured; brings nothing into being.
std::vector<Object> list();

// Of iptables, whose rules do not name the interface, but can be asked whether it is a certain one: the
// chains that an owner may have, and whether a rule may be its.
std::vector<std::string> chains_of(const Owner& owner);
bool is_of(const Object& rule, const Owner& owner);

// Removes these, compare and delete: what has become somebody else's meanwhile stays.
void remove(const std::vector<Object>& objects);

}  // namespace patchbay::firewall
