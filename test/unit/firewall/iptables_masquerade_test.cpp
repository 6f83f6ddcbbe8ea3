// SPDX-License-Identifier: Apache-2.0
// What becomes of a table when masquerading is edited, whatever holds it.
#include "common/firewall/iptables/layout.hpp"
#include "common/firewall/iptables/masquerade.hpp"
#include "test/support/catch.hpp"
#include "test/unit/firewall/iptables_notebook.hpp"

using namespace patchbay;
using namespace patchbay::firewall;
using namespace patchbay::firewall::iptables;

TEST_CASE("masquerade: made, made again, removed") {
  Notebook table;
  const auto before = table.lines();
  const std::string chain = masquerade_chain(kOwner);
  replace_masquerade(table, kOwner, {cidr("10.0.0.2/24")});
  const MasqueradeRules rules = masquerade_rules(kOwner, cidr("10.0.0.2/24"));
  CHECK(table.rules(chain) == std::vector<Rule>{rules.accept, rules.masquerade});
  CHECK(table.rules(kPostrouting) == std::vector<Rule>{rules.entry});

  table.edits = 0;
  replace_masquerade(table, kOwner, {cidr("10.0.0.2/24")});
  CHECK(table.edits == 0);
  table.forget_attachments();
  replace_masquerade(table, kOwner, {cidr("10.0.0.2/24")});
  CHECK(table.edits == 0);

  remove_masquerade(table, chain, of_attachment(kOwner, {}));
  CHECK(table.lines() == before);
  table.edits = 0;
  remove_masquerade(table, chain, of_attachment(kOwner, {}));
  CHECK(table.edits == 0);
}

TEST_CASE("masquerade: another address replaces the first") {
  Notebook table;
  replace_masquerade(table, kOwner, {cidr("10.0.0.2/24")});
  replace_masquerade(table, kOwner, {cidr("10.1.0.2/24")});
  CHECK(count(table, kPostrouting) == 1);
  CHECK(count(table, masquerade_chain(kOwner)) == 2);
  replace_masquerade(table, kOwner, {});
  CHECK(table.lines() == Notebook{}.lines());
}

TEST_CASE("masquerade: every subnet passes before anything is masqueraded") {
  Notebook table;
  replace_masquerade(table, kOwner, {cidr("10.0.0.2/24"), cidr("10.1.0.2/24")});
  const auto rules = table.rules(masquerade_chain(kOwner));
  REQUIRE(rules.size() == 3);
  CHECK(std::holds_alternative<Accept>(rules[0].target));
  CHECK(std::holds_alternative<Accept>(rules[1].target));
  CHECK(std::holds_alternative<MasqueradeTarget>(rules[2].target));
  CHECK(count(table, kPostrouting) == 2);
}

TEST_CASE("masquerade: two interfaces of a container share a chain and nothing else") {
  Notebook table;
  const std::string chain = masquerade_chain(kOwner);
  replace_masquerade(table, kOwner, {cidr("10.0.0.2/24")});
  const auto alone = table.lines();
  const std::string sibling_address = GENERATE("10.0.0.3/24", "10.1.0.3/24");
  replace_masquerade(table, kSibling, {cidr(sibling_address)});
  CHECK(count(table, kPostrouting) == 2);

  SECTION("removed by its own number") { remove_masquerade(table, chain, of_attachment(kSibling, {})); }
  SECTION("removed by its address, as nobody wrote numbers") {
    table.forget_attachments();
    remove_masquerade(table, chain, of_attachment(kSibling, {cidr(sibling_address)}));
  }
  SECTION("replaced by nothing") { replace_masquerade(table, kSibling, {}); }
  SECTION("collected") { collect_masquerade(table, "netA", {kOwner}); }
  CHECK(table.lines() == alone);
}

TEST_CASE("masquerade: what the reference and its ancestors left is recognised") {
  Notebook table;
  const auto before = table.lines();
  const std::string chain = masquerade_chain(kOwner);
  replace_masquerade(table, kOwner, {cidr("10.0.0.2/24")});
  table.forget_attachments();
  SECTION("the whole subnet, as once") {
    Rule old = table.rules(kPostrouting).front();
    old.source->cidr = cidr("10.0.0.0/24");
    table.append(old);
    SECTION("by address") { remove_masquerade(table, chain, of_attachment(kOwner, {cidr("10.0.0.2/24")})); }
    SECTION("without") { remove_masquerade(table, chain, of_attachment(kOwner, {})); }
  }
  SECTION("a chain that nothing enters") {
    table.erase(kPostrouting, 0);
    SECTION("removed") { remove_masquerade(table, chain, of_attachment(kOwner, {cidr("10.0.0.2/24")})); }
    SECTION("collected") { collect_masquerade(table, "netA", {kOther}); }
  }
  SECTION("an entry to an empty chain") {
    table.erase(chain, 1);
    table.erase(chain, 0);
    collect_masquerade(table, "netA", {});
  }
  CHECK(table.lines() == before);
}

TEST_CASE("masquerade: GC takes what belongs to this network and to nobody alive") {
  Notebook table;
  replace_masquerade(table, kOther, {cidr("10.0.0.3/24")});
  replace_masquerade(table, {"netB", "ctrA", "eth0"}, {cidr("10.5.0.2/24")});
  replace_masquerade(table, {"netAA", "ctrA", "eth0"}, {cidr("10.6.0.2/24")});
  table.append(Rule{.chain = kPostrouting, .matches = {Comment{"name: \"netA\" id: \"x\""}}, .target = Accept{}});
  const auto kept = table.lines();
  replace_masquerade(table, kOwner, {cidr("10.0.0.2/24")});
  collect_masquerade(table, "netA", {kOther});
  CHECK(table.lines() == kept);
}

TEST_CASE("masquerade: GC takes the chains that a flush has emptied") {
  Notebook table;
  const auto before = table.lines();
  replace_masquerade(table, kOwner, {cidr("10.0.0.2/24")});
  add_ports(table, kOwner, forward("10.0.0.2/24", 8080));
  replace_masquerade(table, kOther, {cidr("10.0.0.3/24")});
  add_ports(table, kOther, forward("10.0.0.3/24", 8081));
  table.create_chain("CNI-of-others");
  table.flush();
  SECTION("of those who are not valid") {
    collect_masquerade(table, "netA", {kOther});
    collect_host_ports(table, "netA", {kOther});
    CHECK_FALSE(table.has_chain(masquerade_chain(kOwner)));
    CHECK_FALSE(table.has_chain(host_port_chain(kOwner)));
    CHECK(table.has_chain(masquerade_chain(kOther)));
    CHECK(table.has_chain(host_port_chain(kOther)));
  }
  SECTION("unless something leads there") {
    table.append(Rule{.chain = "CNI-of-others", .target = Jump{masquerade_chain(kOwner)}});
    collect_masquerade(table, "netA", {});
    CHECK(table.has_chain(masquerade_chain(kOwner)));
    CHECK_FALSE(table.has_chain(masquerade_chain(kOther)));
  }
  SECTION("and DEL takes its own") {
    remove_masquerade(table, masquerade_chain(kOwner), of_attachment(kOwner, {}));
    remove_host_ports(table, host_port_chain(kOwner), of_attachment(kOwner, {}));
    CHECK_FALSE(table.has_chain(masquerade_chain(kOwner)));
    CHECK_FALSE(table.has_chain(host_port_chain(kOwner)));
  }
  CHECK(table.has_chain("CNI-of-others"));
}

TEST_CASE("masquerade: GC spares a chain that somebody else's name happens to give") {
  Notebook table;
  const Owner twin{"net", "ActrA", "eth0"};
  REQUIRE(masquerade_chain(twin) == masquerade_chain(kOwner));
  replace_masquerade(table, twin, {cidr("10.9.0.2/24")});
  const auto kept = table.rules(kPostrouting);
  replace_masquerade(table, kOwner, {cidr("10.0.0.2/24")});
  collect_masquerade(table, "netA", {twin});
  CHECK(table.rules(kPostrouting) == kept);
}
