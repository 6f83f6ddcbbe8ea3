// SPDX-License-Identifier: Apache-2.0
// What becomes of a table when host ports are edited, whatever holds it.
#include "common/firewall/iptables/layout.hpp"
#include "common/firewall/iptables/masquerade.hpp"
#include "test/support/catch.hpp"
#include "test/unit/firewall/iptables_notebook.hpp"

using namespace patchbay;
using namespace patchbay::firewall;
using namespace patchbay::firewall::iptables;

namespace {

// What anybody's host ports leave behind for the next.
std::vector<std::string> without_ports() {
  Notebook table;
  add_ports(table, kOwner, forward("10.0.0.2/24", 80));
  remove_host_ports(table, host_port_chain(kOwner), everything());
  return table.lines();
}

}  // namespace

TEST_CASE("host ports: made, made again, removed") {
  Notebook table;
  const PortForward ports = forward("10.0.0.2/24", 8080);
  add_ports(table, kOwner, ports);
  const HostPortRules wanted = host_port_rules(kOwner, {}, ports);
  CHECK(table.rules(host_port_chain(kOwner)) == wanted.translations);
  CHECK(table.rules(kHostPortDnat) == wanted.entries);
  CHECK(count(table, kPrerouting) == 1);
  CHECK(count(table, kOutput) == 1);

  table.edits = 0;
  add_ports(table, kOwner, ports);
  table.forget_attachments();
  add_ports(table, kOwner, ports);
  CHECK(table.edits == 0);

  remove_host_ports(table, host_port_chain(kOwner), of_attachment(kOwner, {}));
  CHECK(table.lines() == without_ports());
}

TEST_CASE("host ports: marking comes first in POSTROUTING") {
  Notebook table;
  replace_masquerade(table, kOwner, {cidr("10.0.0.2/24")});
  add_ports(table, kOwner, forward("10.0.0.2/24", 8080));
  CHECK(jumps_to(table.rules(kPostrouting).front(), kHostPortMasquerade));
}

TEST_CASE("host ports: other ports replace the first") {
  Notebook table;
  add_ports(table, kOwner, forward("10.0.0.2/24", 8080));
  SECTION("ours") {}
  SECTION("the reference's") { table.forget_attachments(); }
  const PortForward ports = forward("10.0.0.2/24", 9090);
  add_ports(table, kOwner, ports);
  CHECK(table.rules(kHostPortDnat) == host_port_rules(kOwner, {}, ports).entries);
  CHECK(count(table, host_port_chain(kOwner)) == 3);
  replace_host_ports(table, kOwner, {}, nullptr, {});
  CHECK(table.lines() == without_ports());
}

TEST_CASE("host ports: two interfaces of a container share a chain and nothing else") {
  Notebook table;
  const std::string chain = host_port_chain(kOwner);
  add_ports(table, kOwner, forward("10.0.0.2/24", 8080));
  const auto alone = table.lines();
  add_ports(table, kSibling, forward("10.0.0.3/24", 9090));
  CHECK(count(table, chain) == 6);
  CHECK(count(table, kHostPortDnat) == 2);

  SECTION("removed by its own number") { remove_host_ports(table, chain, of_attachment(kSibling, {})); }
  SECTION("removed by its address, as nobody wrote numbers") {
    table.forget_attachments();
    remove_host_ports(table, chain, of_attachment(kSibling, {cidr("10.0.0.3/24")}));
  }
  SECTION("collected") { collect_host_ports(table, "netA", {kOwner}); }
  CHECK(table.lines() == alone);
}

TEST_CASE("host ports: an entry for nothing but the other family's addresses is still somebody's") {
  Notebook table;
  const std::string chain = host_port_chain(kOwner);
  add_ports(table, kOwner, forward("10.0.0.2/24", 8080));
  const auto alone = table.lines();
  add_ports(table, kSibling, forward("10.0.0.3/24", 9090, "2001:db8::1"));
  CHECK(count(table, kHostPortDnat) == 2);
  remove_host_ports(table, chain, of_attachment(kOwner, {}));
  CHECK(count(table, kHostPortDnat) == 0);  // it led nowhere
  add_ports(table, kOwner, forward("10.0.0.2/24", 8080));
  add_ports(table, kSibling, forward("10.0.0.3/24", 9090, "2001:db8::1"));
  remove_host_ports(table, chain, of_attachment(kSibling, {}));
  CHECK(table.lines() == alone);
}

TEST_CASE("host ports: GC takes what belongs to this network and to nobody alive") {
  Notebook table;
  add_ports(table, kOther, forward("10.0.0.3/24", 1));
  add_ports(table, {"netB", "ctrA", "eth0"}, forward("10.5.0.2/24", 2));
  const auto kept = table.lines();
  add_ports(table, kOwner, forward("10.0.0.2/24", 3));
  collect_host_ports(table, "netA", {kOther});
  CHECK(table.lines() == kept);
}

TEST_CASE("host ports: entries to an empty chain, as an interrupted DEL leaves them") {
  Notebook table;
  add_ports(table, kOwner, forward("10.0.0.2/24", 8080));
  table.forget_attachments();
  for (std::size_t left = count(table, host_port_chain(kOwner)); left > 0; --left)
    table.erase(host_port_chain(kOwner), 0);
  SECTION("removed") {
    remove_host_ports(table, host_port_chain(kOwner), of_attachment(kOwner, {cidr("10.0.0.2/24")}));
  }
  SECTION("collected") { collect_host_ports(table, "netA", {}); }
  SECTION("of no concern to the port's next owner") {
    add_ports(table, kOther, forward("10.0.0.3/24", 8080));
    remove_host_ports(table, host_port_chain(kOther), everything());
    remove_host_ports(table, host_port_chain(kOwner), everything());
  }
  CHECK(table.lines() == without_ports());
}

TEST_CASE("host ports: the chain of old portmap goes too") {
  Notebook table;
  const std::string chain = old_snat_chain(kOwner);
  table.create_chain(kOldHostPortSnat);
  const auto before = table.lines();
  table.create_chain(chain);
  table.append(Rule{.chain = chain, .target = MasqueradeTarget{}});
  table.append(Rule{.chain = kOldHostPortSnat, .target = Jump{chain}});
  remove_old_snat(table, chain);
  CHECK(table.lines() == before);
}
