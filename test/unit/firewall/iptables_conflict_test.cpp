// SPDX-License-Identifier: Apache-2.0
// Host ports that somebody else has.
#include "test/support/catch.hpp"
#include "test/unit/firewall/iptables_notebook.hpp"

using namespace patchbay;
using namespace patchbay::firewall;
using namespace patchbay::firewall::iptables;

TEST_CASE("host ports: the reference's of another address go when they are in the way") {
  Notebook table;
  add_ports(table, kOwner, forward("10.0.0.2/24", 8080));
  table.forget_attachments();
  SECTION("in the way") {
    add_ports(table, kOwner, forward("10.0.0.9/24", 8080));
    CHECK(count(table, host_port_chain(kOwner)) == 3);
    CHECK(count(table, kHostPortDnat) == 1);
  }
  SECTION("perhaps of another interface") {
    add_ports(table, kOwner, forward("10.0.0.9/24", 9090));
    CHECK(count(table, host_port_chain(kOwner)) == 6);
    CHECK(count(table, kHostPortDnat) == 2);
  }
}

TEST_CASE("host ports: of the same container, the same port is taken") {
  Notebook table;
  add_ports(table, kOwner, forward("10.0.0.2/24", 8080));
  const auto before = table.lines();
  try {
    add_ports(table, kSibling, forward("10.0.0.3/24", 8080), [](const std::string&) { return true; });
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == Code::host_port_taken);
  }
  CHECK(table.lines() == before);
}

TEST_CASE("host ports: of the same container on another network, the same port comes second") {
  Notebook table;
  add_ports(table, kOwner, forward("10.0.0.2/24", 8080));
  const Owner elsewhere{"netB", kOwner.container, "eth1"};
  add_ports(table, elsewhere, forward("10.1.0.2/24", 8080));
  const auto entries = table.rules(kHostPortDnat);
  REQUIRE(entries.size() == 2);
  CHECK(*entries[0].jump() == host_port_chain(kOwner));
  CHECK(*entries[1].jump() == host_port_chain(elsewhere));
}

TEST_CASE("host ports: a live owner keeps its port") {
  Notebook table;
  add_ports(table, kOther, forward("10.0.0.3/24", 8080));
  SECTION("by number") {}
  SECTION("by comment alone") { table.forget_attachments(); }
  std::vector<std::string> asked;
  const IsDead is_dead = [&](const std::string& tag) { return asked.push_back(tag), false; };
  try {
    add_ports(table, kOwner, forward("10.0.0.2/24", 8080), is_dead);
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == Code::host_port_taken);
    CHECK(error.summary().find("8080/tcp is taken by container ctrB on network netA") != std::string::npos);
  }
  CHECK(asked == std::vector<std::string>{"netA/ctrB/*"});
}

TEST_CASE("host ports: which ports are the same") {
  struct Case {
    const char* theirs;
    const char* ours;
    std::uint16_t port;
    Protocol protocol;
    bool same;
  };
  const std::vector<Case> cases = {
      {"", "", 8080, Protocol::tcp, true},
      {"", "192.0.2.1", 8080, Protocol::tcp, true},
      {"192.0.2.1", "", 8080, Protocol::tcp, true},
      {"192.0.2.1", "0.0.0.0", 8080, Protocol::tcp, true},
      {"192.0.2.1", "192.0.2.1", 8080, Protocol::tcp, true},
      {"192.0.2.1", "192.0.2.2", 8080, Protocol::tcp, false},
      {"", "", 8081, Protocol::tcp, false},
      {"", "", 8080, Protocol::udp, false},
      {"", "2001:db8::1", 8080, Protocol::tcp, false},  // nothing of this table
      {"2001:db8::1", "", 8080, Protocol::tcp, false},
  };
  for (const Case& test : cases) {
    INFO(test.theirs << " " << test.ours << " " << test.port);
    Notebook table;
    add_ports(table, kOther, forward("10.0.0.3/24", 8080, test.theirs));
    PortForward ours = forward("10.0.0.2/24", test.port, test.ours);
    ours.ports.front().protocol = test.protocol;
    if (test.same) {
      CHECK_THROWS_AS(add_ports(table, kOwner, ours), Error);
    } else {
      CHECK_NOTHROW(add_ports(table, kOwner, ours));
    }
  }
}

TEST_CASE("host ports: a dead owner's are replaced") {
  Notebook table;
  add_ports(table, kOther, forward("10.0.0.3/24", 8080));
  add_ports(table, kOwner, forward("10.0.0.2/24", 8080), [](const std::string&) { return true; });
  CHECK_FALSE(table.has_chain(host_port_chain(kOther)));
  CHECK(count(table, kHostPortDnat) == 1);
}

TEST_CASE("host ports: a rule that is not of the layout is not ours to remove") {
  Notebook table;
  add_ports(table, kOther, forward("10.0.0.3/24", 8080));
  Rule theirs = table.rules(kHostPortDnat).front();
  theirs.matches = {DestinationPort{8080}};
  table.erase(kHostPortDnat, 0);
  table.append(theirs);
  try {
    add_ports(table, kOwner, forward("10.0.0.2/24", 8080), [](const std::string&) { return true; });
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.summary().find(to_text(theirs)) != std::string::npos);
  }
}
