// SPDX-License-Identifier: Apache-2.0
// Who gets what: intents against what is there.
#include <algorithm>
#include <set>

#include "common/base/error.hpp"
#include "common/firewall/nftables/settle.hpp"
#include "test/support/catch.hpp"

using namespace patchbay;
using namespace patchbay::firewall;
using namespace patchbay::firewall::nftables;

namespace {

net::Cidr cidr(const std::string& text) { return net::Cidr::parse(text).value(); }

const Owner kRed{"net", "red", "eth0"}, kBlue{"net", "blue", "eth0"};

HostPort port(int number, const std::string& host_ip = {}) {
  return {Protocol::tcp, static_cast<std::uint16_t>(number), host_ip.empty() ? std::nullopt : net::Ip::parse(host_ip),
          80};
}

Intents publish(const std::string& target, std::vector<HostPort> ports) {
  return {.port_forwards = PortForwards{.families = {{.container = cidr(target), .ports = std::move(ports)}}}};
}

bool alive(const std::string& /*tag*/) { return false; }
bool dead(const std::string& /*tag*/) { return true; }

Sets after(const Sets& before, const Owner& owner, const Intents& intents, const IsDead& is_dead = alive) {
  return settle(before, wanted(owner, intents), owner.tag(), is_dead);
}

// As read just after the owner of all of it was removed.
Sets leaving(Sets sets) {
  for (auto& [name, elements] : sets) {
    for (auto& [key, element] : elements) element.leaving = !is_placeholder(element);
  }
  return sets;
}

std::vector<Element> of_owners(std::vector<Element> elements) {
  std::erase_if(elements, is_placeholder);
  return elements;
}

std::size_t count(const Sets& sets, const std::string& comment) {
  std::size_t found = 0;
  for (const auto& [name, elements] : sets) {
    found += static_cast<std::size_t>(
        std::ranges::count_if(elements, [&](const auto& entry) { return entry.second.comment == comment; }));
  }
  return found;
}

}  // namespace

TEST_CASE("intents become elements, each once") {
  Intents intents = publish("10.0.0.2/24", {port(80), port(80), port(81, "192.0.2.1"), port(82, "2001:db8::1")});
  intents.masquerade = Masquerade{{cidr("10.0.0.2/24"), cidr("10.0.0.2/32"), cidr("fd00::2/64")}};
  const Wanted all = wanted(kRed, intents);
  CHECK(all.kinds == std::vector{Kind::masquerade, Kind::host_port});
  CHECK(all.elements.size() == 3 + 2 + 2 + 1);  // masquerade, ports, published, hairpin
  CHECK(std::ranges::is_sorted(all.elements, in_order));
  CHECK(std::ranges::all_of(all.elements, [](const Element& element) { return element.comment == kRed.tag(); }));
  CHECK(all.needs.subnets.size() == 3);
  CHECK(placeholders_of(all.elements).size() == 2);
  CHECK(wanted(kRed, {}).kinds.empty());
  intents.port_forwards->snat = false;
  intents.port_forwards->masquerade_all = true;  // says how, not whether
  CHECK(wanted(kRed, intents).elements.size() == 3 + 2);
}

TEST_CASE("of two mappings of one host port the first counts") {
  HostPort second = port(80);
  second.container_port = 8000;
  const Wanted all = wanted(kRed, publish("10.0.0.2/24", {port(80), second}));
  const auto mapping = std::ranges::find(all.elements, Role::host_port, [](const Element& e) { return e.set.role; });
  REQUIRE(mapping != all.elements.end());
  CHECK(target_text(*mapping) == "10.0.0.2:80");
}

TEST_CASE("4096 ports are no trouble") {
  std::vector<HostPort> ports;
  for (int number = 1; number <= 4096; ++number) ports.push_back(port(number));
  const Sets all = after({}, kRed, publish("10.0.0.2/24", ports));
  CHECK(count(all, kRed.tag()) == 2 * 4096 + 1);
}

TEST_CASE("the same again changes nothing; something else replaces it") {
  const Sets first = after({}, kRed, publish("10.0.0.2/24", {port(80), port(81, "192.0.2.1")}));
  const Sets again = after(first, kRed, publish("10.0.0.2/24", {port(80), port(81, "192.0.2.1")}));
  CHECK(again == first);
  CHECK(difference(first, again).add.empty());
  CHECK(difference(first, again).remove.empty());
  const Sets other = after(first, kRed, publish("10.0.0.3/24", {port(80)}));
  CHECK(count(other, kRed.tag()) == 3);
  CHECK(count(other, std::string{kPlaceholder}) == 0);
  const Changes changes = difference(first, other);
  CHECK(changes.add.size() == 3);
  CHECK(changes.remove.size() == count(first, kRed.tag()) + 2);
  CHECK(std::ranges::is_sorted(changes.remove, in_order));
}

TEST_CASE("only intents of the same kind are replaced") {
  Intents both = publish("10.0.0.2/24", {port(80)});
  both.masquerade = Masquerade{{cidr("10.0.0.2/24")}};
  const Sets first = after({}, kRed, both);
  const Sets second = after(first, kRed, {.mac_spoof = MacSpoofCheck{"veth0", {}}});
  CHECK(count(second, kRed.tag()) == count(first, kRed.tag()) + 2);
}

TEST_CASE("what a bridge's policy needs is shared, and stays when its first owner goes") {
  const auto confine = [](const std::string& address, Ingress ingress) {
    Intents intents;
    intents.forwarding = Forwarding{.addresses = {cidr(address)}, .policy = IngressPolicy{ingress, "br0"}};
    return intents;
  };
  const Sets first = after({}, kRed, confine("10.0.0.2/24", Ingress::same_bridge));
  CHECK(count(first, kRed.tag()) == 1);
  CHECK(count(first, std::string{kPolicy}) == 2);
  const Sets second = after(first, kBlue, confine("10.0.0.3/24", Ingress::same_bridge));
  CHECK(count(second, std::string{kPolicy}) == 2);
  const Sets left = without(second, [](const Element& element) { return element.comment == kRed.tag(); });
  CHECK(count(left, kBlue.tag()) == 1);
  CHECK(count(left, std::string{kPolicy}) == 2);
  // The stricter one is added, and wins by the order of the rules.
  CHECK(count(after(second, kRed, confine("10.0.0.2/24", Ingress::isolated)), std::string{kPolicy}) == 3);
  CHECK(policy_elements("br0").size() == 3);
}

TEST_CASE("live owners keep their host ports, dead ones lose all of theirs") {
  const auto mine = GENERATE(port(80), port(80, "192.0.2.1"));
  const auto theirs = GENERATE(port(80), port(80, "192.0.2.1"));
  const Sets first = after({}, kRed, publish("10.0.0.2/24", {theirs, port(443)}));
  try {
    static_cast<void>(after(first, kBlue, publish("10.0.0.3/24", {mine})));
    FAIL("no conflict");
  } catch (const Error& error) {
    CHECK(error.code() == Code::host_port_taken);
    CHECK(error.summary().find("80/tcp is already forwarded to 10.0.0.2:80 for net/red/eth0") != std::string::npos);
    CHECK_FALSE(error.details().empty());
  }
  const Sets taken = after(first, kBlue, publish("10.0.0.3/24", {mine}), dead);
  CHECK(count(taken, kRed.tag()) == 0);
  CHECK(count(taken, kBlue.tag()) == 3);
}

TEST_CASE("the network that a container was attached to first serves the port that all of them have") {
  const auto mine = GENERATE(port(80), port(80, "192.0.2.1"));
  const auto theirs = GENERATE(port(80), port(80, "192.0.2.1"));
  const Owner again{"other", "red", "eth1"};
  const Sets first = after({}, kRed, publish("10.0.0.2/24", {theirs}));
  const Sets both = after(first, again, publish("10.1.0.2/24", {mine, port(443)}));
  CHECK(count(both, kRed.tag()) == count(first, kRed.tag()));
  const Sets alone = after({}, again, publish("10.1.0.2/24", {mine, port(443)}));
  CHECK(count(both, again.tag()) == count(alone, again.tag()) - 1);
  const Sets left = without(both, [](const Element& element) { return element.comment == kRed.tag(); });
  const Changes other = difference(alone, after(left, again, publish("10.1.0.2/24", {mine, port(443)})));
  CHECK(other.add.empty());
  CHECK(other.remove.empty());
}

TEST_CASE("what is leaving is in nobody's way, and is removed where its place is wanted") {
  const auto mine = GENERATE(port(80), port(80, "192.0.2.1"));
  const auto theirs = GENERATE(port(80), port(80, "192.0.2.1"));
  Intents both = publish("10.0.0.2/24", {theirs});
  both.masquerade = Masquerade{{cidr("10.0.0.2/24")}};
  const Sets first = leaving(after({}, kRed, both));
  Intents same_target = publish("10.0.0.2/24", {mine});
  same_target.masquerade = both.masquerade;

  const Owner& owner = GENERATE(kRed, kBlue);
  const Sets second = after(first, owner, same_target);
  const Changes beside_a_fresh_start = difference(after({}, owner, same_target), second);
  CHECK(beside_a_fresh_start.add.empty());
  CHECK(beside_a_fresh_start.remove.empty());
  const Changes changes = difference(first, second);
  // All of it goes; of what comes, nothing is taken to be there already. Placeholders are nobody's, and may stay.
  CHECK(of_owners(changes.remove) == of_owners(difference(first, {}).remove));
  CHECK(of_owners(changes.add) == of_owners(difference({}, second).add));
}

TEST_CASE("what is leaving keeps no placeholder and no valid owner") {
  const Sets first = leaving(after({}, kRed, publish("10.0.0.2/24", {port(80, "192.0.2.1")})));
  const Sets none = without(first, [](const Element&) { return false; });
  CHECK(count(none, kRed.tag()) == 0);
  CHECK(count(none, std::string{kPlaceholder}) == 0);
  const Changes changes = difference(first, none);
  CHECK(changes.add.empty());
  CHECK(changes.remove.size() == count(first, kRed.tag()) + 2);
}

TEST_CASE("different addresses and different conditions do not collide") {
  const Sets first = after({}, kRed, publish("10.0.0.2/24", {port(80, "192.0.2.1")}));
  const Sets second = after(first, kBlue, publish("10.0.0.3/24", {port(80, "192.0.2.2")}));
  CHECK(count(second, std::string{kPlaceholder}) == 2);
  Intents some = publish("10.0.0.4/24", {port(80)});
  some.port_forwards->families[0].conditions = {{.field = Condition::Field::mark, .mark = 1}};
  CHECK_NOTHROW(after(second, {"net", "green", "eth0"}, some));
  const Sets without_red = without(second, [](const Element& element) { return element.comment == kRed.tag(); });
  CHECK(count(without_red, std::string{kPlaceholder}) == 2);
  const Sets none = without(without_red, [](const Element& element) { return element.comment == kBlue.tag(); });
  CHECK(count(none, std::string{kPlaceholder}) == 0);
}

TEST_CASE("an address is of whom it was given to last") {
  const Intents masquerade{.masquerade = Masquerade{{cidr("10.0.0.2/24")}}};
  const Sets first = after({}, kRed, masquerade);
  const Sets second = after(first, kBlue, masquerade);
  CHECK(count(second, kRed.tag()) == 0);
  CHECK(count(second, kBlue.tag()) == 1);
}
