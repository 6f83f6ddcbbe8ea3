// SPDX-License-Identifier: Apache-2.0
// Elements that are removed by letting them expire: how soon they are gone, and whom they hinder until then.
#include <sys/utsname.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "common/firewall/nftables/ruleset.hpp"
#include "test/netns/nftables.hpp"

using namespace patchbay;
using namespace patchbay::test;
using firewall::nftables::Element;
using firewall::nftables::Sets;
using std::chrono::milliseconds;

namespace {

constexpr int kRounds = 20;

// In this process, within a fraction of the kernel's tick: nft(8) would take too long to start.
std::vector<Element> present(const std::function<bool(const Element&)>& is_meant = [](const Element&) {
  return true;
}) {
  wire::Socket socket{wire::Socket::Family::netfilter};
  const auto every = [](const firewall::nftables::SetName&, std::string_view) { return true; };
  std::vector<Element> all;
  for (const auto& [name, elements] : firewall::nftables::read_sets(socket, kKinds, every)) {
    for (const auto& [key, element] : elements) {
      if (is_meant(element)) all.push_back(element);
    }
  }
  return all;
}

std::vector<Element> of(int number) {
  return present([tag = owner(number).tag()](const Element& element) { return element.comment == tag; });
}

void wait(milliseconds time) { std::this_thread::sleep_for(time); }

// A timeout of an element that is there can be changed since Linux 6.12.
std::optional<std::string> lacks_expiry() {
  utsname name{};
  int major = 0, minor = 0;
  REQUIRE(uname(&name) == 0);
  REQUIRE(std::sscanf(name.release, "%d.%d", &major, &minor) == 2);
  if (major > 6 || (major == 6 && minor >= 12)) return std::nullopt;
  return "elements cannot be made to expire before Linux 6.12";
}

// The same addresses, host ports and interface, whoever has them.
Intents contested() {
  Intents all = intents(1);
  all.port_forwards->families[0].ports.push_back(mapping(8443, "192.0.2.1", 443));
  return all;
}

Intents over_udp(int number) {
  Intents all = intents(number);
  for (PortForward& forward : all.port_forwards->families) {
    const std::string one_address = forward.container.ip.is_v4() ? "192.0.2.1" : "2001:db8::1";
    for (const std::string& host_ip : {std::string{}, one_address}) {
      forward.ports.push_back(mapping(5353, host_ip, 53));
      forward.ports.back().protocol = Protocol::udp;
    }
  }
  return all;
}

// As if the owner had just been removed, yet with an hour to go: nothing depends on who is quicker.
void make_leaving(World& world, int number) {
  const std::string comment = "comment \"" + owner(number).tag() + "\"";
  const std::string script = "/run/leaving.nft";
  world.sh("nft -s list ruleset | sed 's#" + comment + "#timeout 1h " + comment + "#' > " + script +
           " && nft flush ruleset && nft -f " + script);
  const auto all = of(number);
  REQUIRE_FALSE(all.empty());
  REQUIRE(std::ranges::all_of(all, &Element::leaving));
}

void remove(int number, const Intents& intents, bool with_hints) {
  nftables::remove(owner(number), kKinds, with_hints ? hints(intents) : Hints{});
}

}  // namespace

TEST_CASE("what is removed has gone within 100 ms, with hints and without") {
  World world;
  const bool with_hints = GENERATE(false, true);
  nftables::apply(owner(2), intents(2), nobody_is_dead);
  const std::string before = ruleset(world);
  nftables::apply(owner(1), contested(), nobody_is_dead);
  remove(1, contested(), with_hints);
  wait(milliseconds{100});
  CHECK(of(1).empty());
  nftables::remove(owner(1), kKinds, {});
  CHECK(world.sh("nft -s list ruleset | grep -c net/c2/") == std::to_string(count(before, "net/c2/")) + "\n");
  CHECK(nftables::missing(owner(2), intents(2)).empty());
}

TEST_CASE("the places of an owner that goes are had at once, and kept, by others and by itself") {
  World world;
  nftables::apply(owner(1), contested(), nobody_is_dead);
  for (int round = 1; round <= kRounds; ++round) {
    INFO("round " << round);
    const int leaving = round / 2 % 2 + 1, next = (round + 1) / 2 % 2 + 1;  // 1 1 2 2 1 1 …, half of them to itself
    remove(leaving, contested(), round % 3 != 0);
    REQUIRE_NOTHROW(nftables::apply(owner(next), contested(), nobody_is_dead));
    wait(milliseconds{50});
    CHECK(nftables::missing(owner(next), contested()).empty());
    const auto all = present();
    CHECK(std::ranges::none_of(all, &Element::leaving));
    CHECK((next == leaving || of(leaving).empty()));
  }
}

TEST_CASE("elements may expire while their places are being taken") {
  World world;
  // Longer than a tick in small steps: some of these begin just before the end.
  for (std::chrono::microseconds late{0}; late < milliseconds{8}; late += std::chrono::microseconds{80}) {
    INFO(late.count() << " us after the removal");
    nftables::apply(owner(1), contested(), nobody_is_dead);
    remove(1, contested(), true);
    std::this_thread::sleep_for(late);
    REQUIRE_NOTHROW(nftables::apply(owner(2), contested(), nobody_is_dead));
    remove(2, contested(), true);
    std::this_thread::sleep_for(late);
    REQUIRE_NOTHROW(nftables::collect("net", kKinds, {owner(3)}));
  }
}

TEST_CASE("a host port over UDP has gone when the removal returns") {
  World world;
  const auto is_of_udp = [](const Element& element) { return publishes(element, Protocol::udp); };
  for (int round = 0; round < kRounds; ++round) {
    INFO("round " << round);
    nftables::apply(owner(1), over_udp(1), nobody_is_dead);
    REQUIRE(present(is_of_udp).size() == 4);
    remove(1, over_udp(1), round % 2 == 0);
    REQUIRE(present(is_of_udp).empty());
  }
  CHECK(count(world.sh("nft list ruleset"), "expires") == 0);
}

TEST_CASE("other elements may still be there, leaving, which is what makes a removal quick") {
  if (const auto reason = lacks_expiry()) PATCHBAY_SKIP(*reason);
  World world;
  const bool with_hints = GENERATE(false, true);
  bool seen = false;
  for (int round = 0; round < kRounds; ++round) {
    nftables::apply(owner(1), intents(1), nobody_is_dead);
    remove(1, intents(1), with_hints);
    const auto left = of(1);
    CHECK(std::ranges::all_of(left, &Element::leaving));
    seen = seen || !left.empty();
  }
  CHECK(seen);
}

TEST_CASE("what is leaving is absent to CHECK, to a repeated DEL and to GC") {
  World world;
  nftables::apply(owner(2), intents(2), nobody_is_dead);
  nftables::apply(owner(1), intents(1), nobody_is_dead);
  const auto all = of(1).size();
  make_leaving(world, 1);
  CHECK(nftables::missing(owner(1), intents(1)).size() == all);
  CHECK(nftables::missing(owner(2), intents(2)).empty());
  SECTION("DEL") {
    remove(1, intents(1), GENERATE(false, true));
    wait(milliseconds{50});  // it is not removed anew
    CHECK(of(1).size() == all);
  }
  SECTION("GC") {
    nftables::collect("net", kKinds, {owner(2)});
    CHECK(of(1).empty());
  }
  SECTION("GC that spares it") {
    nftables::collect("net", kKinds, {owner(1), owner(2)});
    CHECK(of(1).empty());
  }
  CHECK(nftables::missing(owner(2), intents(2)).empty());
}

TEST_CASE("what is leaving is in nobody's way, and does not come back when somebody else has its place") {
  World world;
  const int next = GENERATE(1, 2);
  nftables::apply(owner(1), contested(), nobody_is_dead);
  make_leaving(world, 1);
  nftables::apply(owner(next), contested(), nobody_is_dead);
  CHECK(nftables::missing(owner(next), contested()).empty());
  const auto all = present();
  CHECK(std::ranges::none_of(all, &Element::leaving));
  if (next != 1) CHECK(of(1).empty());
  CHECK(count(world.sh("nft list ruleset"), "expires") == 0);
}

TEST_CASE("GC directly after a removal clears everything") {
  World world;
  for (int round = 0; round < kRounds; ++round) {
    INFO("round " << round);
    nftables::apply(owner(1), contested(), nobody_is_dead);
    remove(1, contested(), round % 2 == 0);
    REQUIRE_NOTHROW(nftables::collect("net", kKinds, {}));
    REQUIRE(world.sh("nft list ruleset").empty());
  }
}

TEST_CASE("sets that know no timeouts lose their elements, too") {
  World world;
  nftables::apply(owner(1), contested(), nobody_is_dead);
  nftables::apply(owner(2), intents(2), nobody_is_dead);
  world.sh(
      "nft -s list ruleset | grep -v 'flags timeout' > /run/old.nft && nft flush ruleset && nft -f /run/old.nft && "
      "! nft list ruleset | grep timeout");
  REQUIRE(nftables::missing(owner(1), contested()).empty());
  remove(1, contested(), GENERATE(false, true));
  CHECK(of(1).empty());
  CHECK(nftables::missing(owner(2), intents(2)).empty());
  nftables::apply(owner(1), contested(), nobody_is_dead);
  CHECK(nftables::missing(owner(1), contested()).empty());
}
