// SPDX-License-Identifier: Apache-2.0
// Finding out what a table lacks.
#include "common/firewall/iptables/check.hpp"
#include "common/firewall/iptables/layout.hpp"
#include "common/firewall/iptables/masquerade.hpp"
#include "test/support/catch.hpp"
#include "test/unit/firewall/iptables_notebook.hpp"

using namespace patchbay;
using namespace patchbay::firewall;
using namespace patchbay::firewall::iptables;

TEST_CASE("check: every rule must be there, wherever in its chain") {
  Notebook table;
  const MasqueradeRules rules = masquerade_rules(kOwner, cidr("10.0.0.2/24"));
  const std::vector<Rule> wanted = {rules.accept, rules.masquerade, rules.entry};
  CHECK(absent(table, wanted) == wanted);
  replace_masquerade(table, kOwner, {cidr("10.0.0.2/24")});
  CHECK(absent(table, wanted).empty());
  CHECK(absent(table, {rules.entry, rules.masquerade, rules.accept, rules.entry}).empty());
  table.erase(kPostrouting, 0);
  CHECK(absent(table, wanted) == std::vector<Rule>{rules.entry});
}

TEST_CASE("check: ports may be spread over entries otherwise") {
  Notebook table;
  const auto entries = [](const std::vector<std::uint16_t>& numbers) {
    PortForward forward{.container = cidr("10.0.0.2/24")};
    for (const std::uint16_t number : numbers) forward.ports.push_back({Protocol::tcp, number, std::nullopt, number});
    return host_port_rules(kOwner, {}, forward).entries;
  };
  table.create_chain(kHostPortDnat);
  table.create_chain(host_port_chain(kOwner));
  for (const Rule& rule : entries({1, 2, 3})) table.append(rule);
  for (const Rule& rule : entries({4})) table.append(rule);
  CHECK(absent(table, entries({2})).empty());
  CHECK(absent(table, entries({4, 1})).empty());
  CHECK(absent(table, entries({1, 5})).size() == 1);
  Rule restricted = entries({2}).front();
  restricted.source = Subnet{cidr("192.0.2.0/24")};
  CHECK(absent(table, {restricted}).size() == 1);
  Rule udp = entries({2}).front();
  udp.protocol = 17;
  CHECK(absent(table, {udp}).size() == 1);
}
