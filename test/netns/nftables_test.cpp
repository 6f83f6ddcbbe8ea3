// SPDX-License-Identifier: Apache-2.0
// The nftables backend: what is made, what goes, what is missed, and who is in the way.
#include "test/netns/nftables.hpp"

#include "common/firewall/firewall.hpp"

using namespace patchbay;
using namespace patchbay::test;

TEST_CASE("nft lists what an attachment has, and loads its own listing again") {
  World world;
  Intents all = intents(1);
  all.masquerade->addresses.push_back(cidr("10.99.0.7/32"));
  all.port_forwards->masquerade_all = true;
  all.port_forwards->families[0].ports.push_back(mapping(8443, "192.0.2.1", 443));
  all.port_forwards->families[0].ports.push_back({Protocol::sctp, 9000, {}, 9000});
  all.port_forwards->families[1].conditions = {
      {.field = firewall::Condition::Field::source, .negated = true, .subnet = cidr("2001:db8:1::/47")},
      {.field = firewall::Condition::Field::in_interface, .interface = "eth*"},
      {.field = firewall::Condition::Field::mark, .mark = 16, .mask = 0xF0}};
  nftables::apply(owner(1), all, nobody_is_dead);
  const std::string listing = ruleset(world);
  for (const char* line :
       {"10.10.0.3 comment \"net/c1/eth0\"", "tcp . 8001 comment \"net/c1/eth0\" : 10.10.0.3 . 80",
        "192.0.2.1 . tcp . 8443 comment \"net/c1/eth0\" : 10.10.0.3 . 443",
        "tcp . 8443 comment \"see hostports by address\" : 0.0.0.0 . 0",
        "sctp . 9000 comment \"net/c1/eth0\" : 10.10.0.3 . 9000",
        "\"veth1\" . 02:00:00:00:00:01 comment \"net/c1/eth0\"",
        "ip saddr @masq_10.10.0.0/16 ip daddr != 10.10.0.0/16 masquerade",
        "ip6 saddr @masq_fd00-10--/64 ip6 daddr != fd00:10::/64 masquerade", "fib daddr type local jump hostports",
        "dnat ip6 to ip6 daddr . meta l4proto . th dport map @hostports6_ip",
        "ip6 saddr != 2001:db8::/47 iifname \"eth*\" meta mark & 0x000000f0 == 0x00000010 jump hostports_if_",
        "meta l4proto sctp ip daddr . meta l4proto . ct original proto-dst @published4 jump hairpin",
        "iifname @guarded iifname . ether saddr != @allowed drop", "iifname != \"lo\" ip daddr 127.0.0.0/8 drop"}) {
    INFO(line);
    CHECK(listing.find(line) != std::string::npos);
  }
  CHECK(nftables::missing(owner(1), all).empty());
  world.sh("nft -s list ruleset > /run/listing; nft flush ruleset; nft -f /run/listing");
  CHECK(ruleset(world) == listing);
  CHECK(nftables::missing(owner(1), all).empty());
}

TEST_CASE("what is removed leaves no trace, with hints and without, twice") {
  World world;
  const std::string before = with_structure(world);
  nftables::apply(owner(1), intents(1), nobody_is_dead);
  nftables::apply(owner(2), intents(2), nobody_is_dead);
  const std::string both = ruleset(world);
  // by the hints of another attachment nothing of ours is found
  nftables::remove(owner(3), kKinds, hints(intents(1)));
  CHECK(ruleset(world) == both);
  nftables::remove(owner(1), kKinds, hints(intents(1)));
  nftables::remove(owner(1), kKinds, hints(intents(1)));
  CHECK(ruleset(world).find("net/c1/") == std::string::npos);
  CHECK(nftables::missing(owner(2), intents(2)).empty());
  nftables::remove(owner(2), {Kind::masquerade}, {});
  CHECK(count(ruleset(world), "net/c2/") == 8);  // the other kinds
  nftables::remove(owner(2), kKinds, {});
  CHECK(ruleset(world) == before);
  world.sh("nft flush ruleset");
  nftables::remove(owner(2), kKinds, {});
  nftables::remove(owner(2), kKinds, hints(intents(2)));
  nftables::collect("net", kKinds, {});
  CHECK(ruleset(world).empty());
}

TEST_CASE("an ADD repeated by the same owner replaces what it had") {
  World world;
  nftables::apply(owner(1), intents(1), nobody_is_dead);
  const std::string first = ruleset(world);
  nftables::apply(owner(1), intents(1), nobody_is_dead);
  CHECK(ruleset(world) == first);
  Intents other = intents(5);                                       // other addresses, ports, interface
  other.port_forwards->families[0].ports.push_back(mapping(8001));  // and one that it has
  nftables::apply(owner(1), other, nobody_is_dead);
  CHECK(nftables::missing(owner(1), other).empty());
  CHECK(ruleset(world).find("10.10.0.3") == std::string::npos);
  CHECK(ruleset(world).find("veth1") == std::string::npos);
}

TEST_CASE("a host port of a live attachment is refused, whichever side is limited to one address") {
  World world;
  const auto [first, second] = GENERATE(table<std::string, std::string>(
      {{"", ""}, {"192.0.2.1", "192.0.2.1"}, {"192.0.2.1", ""}, {"", "192.0.2.1"}, {"0.0.0.0", "192.0.2.1"}}));
  INFO("\"" << first << "\" then \"" << second << "\"");
  nftables::apply(owner(1), publish("10.10.0.3/16", {mapping(8080, first)}), nobody_is_dead);
  const std::string before = ruleset(world);
  Intents late = publish("10.10.0.4/16", {mapping(8081), mapping(8080, second)});
  late.masquerade = Masquerade{{cidr("10.10.0.4/16")}};
  const std::string text = error_of([&] { nftables::apply(owner(2), late, nobody_is_dead); }, Code::host_port_taken);
  CHECK(text.find("8080/tcp is already forwarded to 10.10.0.3:80 for net/c1/eth0") != std::string::npos);
  CHECK(ruleset(world) == before);
  // of a dead owner the ports are to be had, and then it keeps none
  nftables::apply(owner(2), late, [](const std::string& tag) { return tag == "net/c1/eth0"; });
  CHECK(nftables::missing(owner(2), late).empty());
  CHECK(ruleset(world).find("net/c1/") == std::string::npos);
}

TEST_CASE("a port can be shared out by host address, and comes free when the last one goes") {
  World world;
  const std::string before = with_structure(world);
  const Intents one = publish("10.10.0.3/16", {mapping(8080, "192.0.2.1")});
  const Intents other = publish("10.10.0.4/16", {mapping(8080, "192.0.2.2")});
  const Intents both = publish("10.10.0.5/16", {mapping(8080, "192.0.2.3", 81), mapping(8080)});
  nftables::apply(owner(1), one, nobody_is_dead);
  nftables::apply(owner(2), other, nobody_is_dead);
  CHECK(count(ruleset(world), "see hostports by address") == 2);
  error_of([&] { nftables::apply(owner(3), both, nobody_is_dead); }, Code::host_port_taken);
  nftables::remove(owner(1), {Kind::host_port}, hints(one));
  CHECK(nftables::missing(owner(2), other).empty());
  error_of([&] { nftables::apply(owner(3), both, nobody_is_dead); }, Code::host_port_taken);
  nftables::remove(owner(2), {Kind::host_port}, hints(other));
  nftables::apply(owner(3), both, nobody_is_dead);  // one owner may have it on one address and on all
  CHECK(nftables::missing(owner(3), both).empty());
  CHECK(count(ruleset(world), "see hostports by address") == 0);
  error_of([&] { nftables::apply(owner(1), one, nobody_is_dead); }, Code::host_port_taken);
  nftables::remove(owner(3), {Kind::host_port}, {});
  nftables::collect("net", kKinds, {});  // the subnet that only this test used
  nftables::apply(owner(99), intents(99), nobody_is_dead);
  nftables::remove(owner(99), kKinds, {});
  CHECK(ruleset(world) == before);
}

TEST_CASE("conditions make a space of their own, which goes when it is empty") {
  World world;
  Intents some = publish("10.10.0.3/16", {mapping(8080), mapping(8443, "192.0.2.1")});
  some.port_forwards->families[0].conditions = {
      {.field = firewall::Condition::Field::source, .subnet = cidr("198.51.100.0/24")}};
  const Intents all = publish("10.10.0.4/16", {mapping(8080)});
  nftables::apply(owner(1), some, nobody_is_dead);
  nftables::apply(owner(2), all, nobody_is_dead);
  CHECK(nftables::missing(owner(1), some).empty());
  CHECK(nftables::missing(owner(2), all).empty());
  Intents again = some;
  again.port_forwards->families[0].container = cidr("10.10.0.5/16");
  error_of([&] { nftables::apply(owner(3), again, nobody_is_dead); }, Code::host_port_taken);
  CHECK(count(ruleset(world), "chain hostports_if_") == 1);
  nftables::collect("net", {Kind::host_port}, {owner(2)});
  CHECK(count(ruleset(world), "_if_") == 0);
  CHECK(nftables::missing(owner(2), all).empty());
}

TEST_CASE("GC keeps valid attachments and other networks, and clears what stood around the others") {
  World world;
  const Owner elsewhere{"net2", "c1", "eth0"};
  Intents far = intents(7);
  far.masquerade->addresses = {cidr("10.77.0.2/24")};
  nftables::apply(owner(1), intents(1), nobody_is_dead);
  nftables::apply(owner(2), intents(2), nobody_is_dead);
  nftables::apply(elsewhere, far, nobody_is_dead);
  nftables::collect("net", {Kind::masquerade}, {owner(2)});
  CHECK(nftables::missing(owner(1), intents(1)).size() == 2);  // both families' addresses
  nftables::collect("net", kKinds, {owner(2)});
  CHECK(ruleset(world).find("\"net/c1/") == std::string::npos);
  CHECK(nftables::missing(owner(2), intents(2)).empty());
  CHECK(nftables::missing(elsewhere, far).empty());
  nftables::collect("net2", kKinds, {});
  CHECK(ruleset(world).find("10.77.0.0") == std::string::npos);
  CHECK(ruleset(world).find("masq_10.10.0.0/16") != std::string::npos);
}

TEST_CASE("every missing element and rule is told, and an ADD of anybody heals a flushed table") {
  World world;
  nftables::apply(owner(1), intents(1), nobody_is_dead);
  for (const auto& [command, sentence] : std::vector<std::pair<std::string, std::string>>{
           {"delete element inet patchbay masq_10.10.0.0/16 { 10.10.0.3 }",
            "nftables: 10.10.0.3 is not masqueraded outside 10.10.0.0/16"},
           {"delete element inet patchbay hostports6 { tcp . 8001 }",
            "nftables: host port 8001/tcp is not forwarded to [fd00:10::3]:80"},
           {"delete element bridge patchbay guarded { \"veth1\" }",
            "nftables: source addresses of frames from veth1 are not checked"},
           {"flush chain inet patchbay output",
            "nftables: rule \"to this host\" of chain inet patchbay output is missing"}}) {
    world.sh("nft '" + command + "'");
    CHECK(nftables::missing(owner(1), intents(1)) == std::vector{sentence});
    nftables::apply(owner(1), intents(1), nobody_is_dead);
    CHECK(nftables::missing(owner(1), intents(1)).empty());
  }
  const std::string whole = ruleset(world);
  for (const std::string chain : {"postrouting", "masquerading", "hairpin", "published", "hostports", "prerouting",
                                  "output", "localhost_guard"}) {
    INFO(chain);
    world.sh("nft flush chain inet patchbay " + chain);
    nftables::apply(owner(2), intents(2), nobody_is_dead);
    CHECK(nftables::missing(owner(1), intents(1)).empty());
    nftables::remove(owner(2), kKinds, hints(intents(2)));
  }
  CHECK(ruleset(world) == whole);
  world.sh("nft flush table inet patchbay; nft flush table bridge patchbay");
  nftables::apply(owner(2), intents(2), nobody_is_dead);
  CHECK(nftables::missing(owner(1), intents(1)).empty());
  world.sh("nft flush ruleset");
  CHECK(nftables::missing(owner(2), intents(2)).size() > 40);
  nftables::apply(owner(2), intents(2), nobody_is_dead);
  CHECK(nftables::missing(owner(2), intents(2)).empty());
}
