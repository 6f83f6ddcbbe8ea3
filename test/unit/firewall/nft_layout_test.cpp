// SPDX-License-Identifier: Apache-2.0
// The structure around the elements: complete, without contradictions, and known again by its names.
#include <algorithm>
#include <set>

#include "common/firewall/nftables/layout.hpp"
#include "common/firewall/nftables/userdata.hpp"
#include "common/firewall/nftables/wanted.hpp"
#include "test/support/catch.hpp"

using namespace patchbay;
using namespace patchbay::firewall;
using namespace patchbay::firewall::nftables;

namespace {

net::Cidr cidr(const std::string& text) { return net::Cidr::parse(text).value(); }

Wanted everything() {
  Intents intents;
  intents.masquerade = Masquerade{{cidr("10.0.0.2/24"), cidr("fd00::2/64")}};
  PortForward forward{.container = cidr("10.0.0.2/24"), .ports = {{Protocol::tcp, 8080, {}, 80}}};
  PortForward with_conditions{.container = cidr("fd00::2/64"), .ports = {{Protocol::tcp, 8080, {}, 80}}};
  with_conditions.conditions = {{.field = Condition::Field::mark, .mark = 1}};
  intents.port_forwards = PortForwards{.families = {forward, with_conditions}};
  intents.mac_spoof = MacSpoofCheck{"veth0", {}};
  intents.forwarding = Forwarding{.addresses = {cidr("10.0.0.2/24"), cidr("fd00::2/64")},
                                  .policy = IngressPolicy{Ingress::isolated, "br0"}};
  intents.isolation = PortIsolation{{"veth0"}};
  return wanted({"net", "c", "eth0"}, intents);
}

std::vector<std::string> outline(const Layout& layout) {
  std::vector<std::string> lines;
  for (const Chain& chain : layout.chains) lines.push_back("chain " + chain.name);
  for (const SetName& set : layout.sets) lines.push_back("set " + set.text());
  for (const Rule& rule : layout.rules) lines.push_back("rule " + rule.chain + ": " + rule.id);
  std::ranges::sort(lines);
  return lines;
}

}  // namespace

TEST_CASE("rules have a name of their own, and chains to be in and to jump to") {
  const Layout all = layout(everything().needs);
  std::set<std::string> chains, rules;
  for (const Chain& chain : all.chains) {
    const std::string table = chain.table == Table::inet ? "inet " : "bridge ";
    CHECK(chains.insert(table + chain.name).second);
  }
  for (const Rule& rule : all.rules) {
    INFO(rule.chain << ": " << rule.id);
    const std::string table = rule.table == Table::inet ? "inet " : "bridge ";
    CHECK(rules.insert(table + rule.chain + ": " + rule.id).second);
    CHECK(chains.contains(table + rule.chain));
    CHECK((rule.jumps_to.empty() || chains.contains(table + rule.jumps_to)));
    CHECK(rule.id.size() <= kCommentLength);
  }
  std::set<std::string> sets;
  for (const SetName& set : all.sets) CHECK(sets.insert(set.text()).second);
  for (const Element& element : everything().elements) CHECK(sets.contains(element.set.text()));
  for (const Element& element : everything().shared) CHECK(sets.contains(element.set.text()));
}

TEST_CASE("fixed rules come before those per subnet, which only follow") {
  const Layout all = layout(everything().needs);
  for (const Chain& chain : all.chains) {
    bool free = false;
    for (const Rule& rule : all.rules) {
      if (rule.chain != chain.name || rule.table != chain.table) continue;
      CHECK_FALSE((rule.fixed && free));
      free = free || !rule.fixed;
    }
  }
}

TEST_CASE("no chain is called like a word of nft's grammar") {
  for (const Chain& chain : layout(everything().needs).chains) {
    for (const char* word : {"masquerade", "snat", "dnat", "drop", "return", "jump", "map", "set", "chain", "hook"}) {
      CHECK(chain.name != word);
    }
  }
}

TEST_CASE("what exists is known again by the names of its sets, but for conditions") {
  const Wanted all = everything();
  Sets sets;
  for (const SetName& set : layout(all.needs).sets) sets[set];
  Needs found = needs_of(sets);
  REQUIRE(found.spaces.size() == 1);
  CHECK(found.spaces[0].conditions.empty());
  CHECK(outline(layout(found)).size() == outline(layout(all.needs)).size() - 1);  // the jump to the space
  add(found, all.needs);
  CHECK(outline(layout(found)) == outline(layout(all.needs)));
  CHECK_FALSE(needs_of({}).masquerade);
}

TEST_CASE("what is not asked for is not made") {
  Needs needs;
  CHECK(layout(needs).chains.empty());
  needs.masquerade = true;
  const Layout some = layout(needs);
  CHECK(some.chains.size() == 2);
  CHECK_FALSE(some.uses(Table::bridge));
  needs.mac_spoof = true;
  CHECK(layout(needs).uses(Table::bridge));
  needs = {};
  needs.forwarding = true;
  const std::size_t open = layout(needs).rules.size();
  CHECK_FALSE(layout(needs).uses(Table::bridge));
  needs.confinement = true;
  CHECK(layout(needs).rules.size() == open + 4);
  needs.isolation = true;
  CHECK(layout(needs).uses(Table::bridge));
}

TEST_CASE("a condition space is named after all that its conditions say") {
  const Condition source{.field = Condition::Field::source, .subnet = cidr("192.0.2.0/24")};
  Condition negated = source, host_bits = source, marked{.field = Condition::Field::mark, .mark = 1};
  negated.negated = true;
  host_bits.subnet = cidr("192.0.2.7/24");
  CHECK(space_name(net::Family::v4, {}).empty());
  const std::string name = space_name(net::Family::v4, {source});
  CHECK(name.size() == 15);
  CHECK(name.starts_with("if_"));
  CHECK(space_name(net::Family::v4, {host_bits}) == name);
  CHECK(space_name(net::Family::v6, {source}) != name);
  CHECK(space_name(net::Family::v4, {negated}) != name);
  CHECK(space_name(net::Family::v4, {source, marked}) != name);
  Condition masked = marked;
  masked.mask = 0xFF;
  CHECK(space_name(net::Family::v4, {marked}) != space_name(net::Family::v4, {masked}));
}
