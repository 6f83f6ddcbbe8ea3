// SPDX-License-Identifier: Apache-2.0
// The guard of 127.0.0.0/8 that host ports bring with them: when it comes, when it goes, who misses it.
#include "common/base/error.hpp"
#include "test/netns/iptables.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

const std::string kGuard =
    "-A PREROUTING -d 127.0.0.0/8 ! -i lo -m comment --comment \"patchbay: localhost is not for neighbours\" -j DROP\n";

const std::string kGuard6 =
    "-A PREROUTING -d ::1/128 ! -i lo -m comment --comment \"patchbay: localhost is not for neighbours\" -j DROP\n";

std::string guards(World& world, const std::string& program = "iptables") {
  return world.sh(program + " -t raw -S PREROUTING | grep -v ^-P || true");
}
std::string guards6(World& world) { return guards(world, "ip6tables"); }

Intents masquerade_only(int number) {
  Intents some = intents(number);
  some.port_forwards.reset();
  return some;
}

Intents ipv6_only(int number) {
  Intents some = intents(number);
  std::erase_if(some.port_forwards->families, [](const PortForward& forward) { return forward.container.ip.is_v4(); });
  return some;
}

}  // namespace

TEST_CASE("iptables: guards come with the first host port of a family and go with the last") {
  WORLD_OF_EITHER_IPTABLES(world);
  world.sh("ip link add br0 type bridge");
  iptables::apply(owner(1), masquerade_only(1), {});
  iptables::apply(owner(2), ipv6_only(2), {});
  CHECK(guards(world) == "");
  CHECK(guards6(world) == kGuard6);
  iptables::apply(owner(3), intents(3), {});
  iptables::apply(owner(4), intents(4), {});
  CHECK(guards(world) == kGuard);
  CHECK(guards6(world) == kGuard6);
  CHECK(world.sh("iptables -t raw -C PREROUTING " + kGuard.substr(14)) == "");
  iptables::remove(owner(3), kKinds, {});
  iptables::remove(owner(1), kKinds, {});
  CHECK(guards(world) == kGuard);

  SECTION("by DEL") {
    iptables::remove(owner(4), kKinds, {});
    CHECK(guards6(world) == kGuard6);
    iptables::remove(owner(2), kKinds, {});
  }
  SECTION("by GC") { iptables::collect("netA", kKinds, {}); }
  SECTION("as long as an interface lets such packets in, it is needed") {
    world.sh("echo 1 > /proc/sys/net/ipv4/conf/br0/route_localnet");
    for (const int number : {2, 4}) iptables::remove(owner(number), kKinds, {});
    CHECK(guards(world) == kGuard);
    world.sh("ip link del br0");
    iptables::collect("netA", kKinds, {});
  }
  CHECK(guards(world) == "");
  CHECK(guards6(world) == "");
}

TEST_CASE("iptables: the rest of table raw is somebody else's") {
  WORLD_OF_EITHER_IPTABLES(world);
  world.sh("iptables -t raw -A PREROUTING -d 127.0.0.0/8 ! -i lo -j DROP");
  world.sh("iptables -t raw -A PREROUTING -p udp -j CT --notrack || iptables -t raw -N SPARE");
  const std::string before = world.sh("iptables -t raw -S");
  iptables::apply(owner(1), intents(1), {});
  CHECK(guards(world).starts_with(kGuard));
  iptables::remove(owner(1), kKinds, {});
  CHECK(world.sh("iptables -t raw -S") == before);
}

TEST_CASE("iptables: no guard stays of an ADD that fails, and no rule without guard") {
  WORLD_OF_EITHER_IPTABLES(world);
  Intents loops = intents(1);
  world.sh("iptables -t nat -N MARKER; ip6tables -t nat -N MARKER");
  with_shared_chains(world);
  loops.port_forwards->external_set_mark_chain = "MARKER";
  world.sh("ip6tables -t nat -A MARKER -j CNI-HOSTPORT-DNAT");
  const std::string before = rules(world);
  CHECK_THROWS_AS(iptables::apply(owner(1), loops, {}), Error);
  CHECK(guards(world) == "");
  CHECK(guards6(world) == "");
  CHECK(rules(world) == before);
}

TEST_CASE("iptables: CHECK misses the guard of our ports, and the next ADD of anybody brings it back") {
  WORLD_OF_EITHER_IPTABLES(world);
  iptables::apply(owner(1), intents(1), {});
  world.sh("iptables -t raw -F; ip6tables -t raw -F");
  const auto line = [](const std::string& guard) { return guard.substr(0, guard.size() - 1); };
  CHECK(iptables::missing(owner(1), intents(1)) ==
        std::vector<std::string>{"iptables -t raw lacks " + line(kGuard), "ip6tables -t raw lacks " + line(kGuard6)});
  CHECK(iptables::missing(owner(1), masquerade_only(1)).empty());
  iptables::apply(owner(2), intents(2), {});
  CHECK(iptables::missing(owner(1), intents(1)).empty());
  // Of rules that do not tell whose they are (the reference's, or restored ones) none was promised.
  world.sh("iptables-save -t nat | iptables-restore; iptables -t raw -F");
  CHECK(iptables::missing(owner(1), intents(1)).empty());
}
