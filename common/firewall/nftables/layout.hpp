// SPDX-License-Identifier: Apache-2.0
// What stands around the elements: chains, sets, and a handful of rules that look things up in
// them. Made when the first element needs it; the same for every attachment.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/firewall/nftables/element.hpp"
#include "common/firewall/nftables/program.hpp"

namespace patchbay::firewall::nftables {

struct Hook {
  std::string_view type;  // "nat", "filter"
  std::uint32_t number;   // NF_INET_PRE_ROUTING…
  std::int32_t priority;
};

struct Chain {
  Table table{};
  std::string name;
  std::optional<Hook> hook;
};

struct Rule {
  Table table{};
  std::string chain;
  std::string id;  // its comment, by which it is recognised; unique within the chain
  // Fixed rules of a chain come first, in this order; the others (one per subnet or condition
  // space) follow in any order.
  bool fixed = true;
  std::string jumps_to;
  std::function<void(Program&)> body;
};

// A condition space: host ports that only some packets may use. Spaces do not know of each other, so
// the same port may be published in several.
struct Space {
  net::Family family{};
  std::string name;  // "if_0123456789ab", a digest of the conditions
  std::vector<Condition> conditions;
  bool operator==(const Space&) const = default;
};
std::string space_name(net::Family family, const std::vector<Condition>& conditions);  // empty without conditions

// What a set of elements needs around it.
struct Needs {
  bool masquerade = false, host_ports = false, mac_spoof = false;
  bool forwarding = false, confinement = false, isolation = false;
  std::vector<SetName> subnets;  // sets per subnet, each with a rule of its own
  std::vector<Space> spaces;
};

struct Layout {
  std::vector<Chain> chains;
  std::vector<SetName> sets;
  std::vector<Rule> rules;
  [[nodiscard]] bool uses(Table table) const;
};

Layout layout(const Needs& needs);

// What the sets that exist have around them already (but for conditions: a name does not tell them).
Needs needs_of(const Sets& sets);
void add(Needs& needs, const Needs& more);

// The rule and the chain that go when a subnet's or a space's sets go.
std::string rule_id(const SetName& set);
std::string space_rule_id(std::string_view space);
std::string space_chain(std::string_view space);
inline constexpr std::string_view kMasquerading = "masquerading", kHairpin = "hairpin", kConditional = "conditional";
// Of the administrator, to be filled by hand: nothing here ever reads, flushes or removes what is in it.
inline constexpr std::string_view kAdmin = "admin";

}  // namespace patchbay::firewall::nftables
