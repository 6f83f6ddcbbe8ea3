// SPDX-License-Identifier: Apache-2.0
// The rule that keeps 127.0.0.0/8 for the node itself.
#include "common/firewall/iptables/entry.hpp"
#include "common/firewall/iptables/localhost_guard.hpp"
#include "test/support/catch.hpp"
#include "test/unit/firewall/iptables_notebook.hpp"

using namespace patchbay;
using namespace patchbay::firewall;
using namespace patchbay::firewall::iptables;

TEST_CASE("localhost guard: once, ahead of others, and nothing else goes with it") {
  Notebook raw;
  const Rule other{.chain = kPrerouting, .target = Accept{}};
  raw.append(other);
  CHECK_FALSE(has_localhost_guard(raw));
  ensure_localhost_guard(raw);
  ensure_localhost_guard(raw);
  CHECK(has_localhost_guard(raw));
  CHECK(raw.rules(kPrerouting) == std::vector<Rule>{localhost_guard(net::Family::v4), other});
  remove_localhost_guard(raw);
  remove_localhost_guard(raw);
  CHECK(raw.rules(kPrerouting) == std::vector<Rule>{other});
  CHECK(raw.edits == 3);
}

TEST_CASE("localhost guard: as iptables prints it") {
  CHECK(to_text(localhost_guard(net::Family::v6)) ==
        "-A PREROUTING -d ::1/128 ! -i lo -m comment --comment \"patchbay: localhost is not for neighbours\" -j DROP");
  CHECK(to_text(localhost_guard(net::Family::v4)) ==
        "-A PREROUTING -d 127.0.0.0/8 ! -i lo -m comment --comment \"patchbay: localhost is not for neighbours\" -j "
        "DROP");
}

TEST_CASE("localhost guard: what it says survives the kernel's form") {
  const net::Family family = GENERATE(net::Family::v4, net::Family::v6);
  const Bytes bytes = encode(family, localhost_guard(family));
  CHECK(decode(family, kPrerouting, bytes.data(), "DROP", true) == localhost_guard(family));
}

TEST_CASE("localhost guard: needed by host ports of its family") {
  constexpr auto v4 = net::Family::v4;
  Intents intents;
  CHECK_FALSE(needs_localhost_guard(intents, v4));
  intents.masquerade = Masquerade{{cidr("10.0.0.2/24")}};
  CHECK_FALSE(needs_localhost_guard(intents, v4));
  intents.port_forwards = PortForwards{.families = {forward("fd00::2/64", 8080), {.container = cidr("10.0.0.2/24")}}};
  CHECK_FALSE(needs_localhost_guard(intents, v4));
  CHECK(needs_localhost_guard(intents, net::Family::v6));
  intents.port_forwards->families[1] = forward("10.0.0.2/24", 8080);
  CHECK(needs_localhost_guard(intents, v4));
}
