// SPDX-License-Identifier: Apache-2.0
// Many at once: nobody fails, nothing is there twice, and nobody's element goes with another's.
#include "test/netns/nftables.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

// Every rule once, however many processes raced to make it.
void check_rules_are_unique(World& world) {
  CHECK(world.sh("nft -s list ruleset | grep ' comment ' | grep -v 'net/c' | sort | uniq -d") ==
        world.sh("nft -s list ruleset | grep 'to this host' | sort -u"));  // prerouting and output
}

}  // namespace

TEST_CASE("10 first ADDs at once make one structure") {
  World world;
  const std::string alone = [&] {
    for (int number = 0; number < 10; ++number) nftables::apply(owner(number), intents(number), nobody_is_dead);
    return world.sh("nft -s list ruleset | grep -v '^\\s*elements\\|comment \"net' | sort");
  }();
  for (int round = 0; round < 5; ++round) {
    world.sh("nft flush ruleset");
    CHECK(failures_in_parallel(
              10, [](int number) { nftables::apply(owner(number), intents(number), nobody_is_dead); }) == 0);
    for (int number = 0; number < 10; ++number) CHECK(nftables::missing(owner(number), intents(number)).empty());
    CHECK(world.sh("nft -s list ruleset | grep -v '^\\s*elements\\|comment \"net' | sort") == alone);
    check_rules_are_unique(world);
  }
}

TEST_CASE("64 ADDs at once, then 64 DELs at once") {
  World world;
  const std::string before = with_structure(world);
  CHECK(failures_in_parallel(64, [](int number) { nftables::apply(owner(number), intents(number), nobody_is_dead); }) ==
        0);
  for (int number = 0; number < 64; ++number) CHECK(nftables::missing(owner(number), intents(number)).empty());
  CHECK(failures_in_parallel(64, [](int number) {
          nftables::remove(owner(number), kKinds, number % 2 == 0 ? hints(intents(number)) : Hints{});
        }) == 0);
  CHECK(ruleset(world) == before);
}

TEST_CASE("of many who want one host port at once, exactly one gets it") {
  World world;
  static_cast<void>(with_structure(world));
  // on one address, on every address, and the same in other words: each excludes all others
  const std::vector<std::string> addresses{"192.0.2.1", "", "0.0.0.0"};
  const auto wish = [&](int number) {
    const auto which = static_cast<std::size_t>(number) % addresses.size();
    return publish("10.10.0." + std::to_string(number + 2) + "/16", {mapping(8080, addresses[which])});
  };
  for (int round = 0; round < 10; ++round) {
    CHECK(failures_in_parallel(12, [&](int number) {
            try {
              nftables::apply(owner(number), wish(number), nobody_is_dead);
            } catch (const Error& error) {
              if (error.code() == Code::host_port_taken) _exit(1);
              throw;
            }
          }) == 11);
    int served = 0;
    for (int number = 0; number < 12; ++number) served += nftables::missing(owner(number), wish(number)).empty();
    CHECK(served == 1);
    nftables::collect("net", {Kind::host_port}, {});
  }
}

TEST_CASE("ADD, DEL and GC succeed while somebody else rewrites the ruleset all the time") {
  World world;
  world.sh("nft add table ip others; nft add set ip others s '{ type ipv4_addr; }'");
  const int other =
      world.background("", "while :; do nft add element ip others s { 192.0.2.1 }; nft flush set ip others s; done");
  for (int round = 0; round < 20; ++round) {
    nftables::apply(owner(1), intents(1), nobody_is_dead);
    nftables::apply(owner(1), intents(2), nobody_is_dead);
    CHECK(nftables::missing(owner(1), intents(2)).empty());
    nftables::remove(owner(1), kKinds, round % 2 == 0 ? hints(intents(2)) : Hints{});
    nftables::collect("net", kKinds, {});
  }
  world.stop(other);
  CHECK(ruleset(world).find("\"net/") == std::string::npos);
}

TEST_CASE("a late DEL never takes the element of the address's new owner") {
  World world;
  const Intents one = publish("10.10.0.3/16", {mapping(8080)});
  for (int round = 0; round < 20; ++round) {
    // owner 2 takes over from the dead owner 1, whose DEL comes at the same time
    nftables::apply(owner(1), one, nobody_is_dead);
    CHECK(failures_in_parallel(2, [&](int number) {
            if (number == 0) nftables::remove(owner(1), {Kind::host_port}, hints(one));
            if (number == 1) nftables::apply(owner(2), one, [](const std::string&) { return true; });
          }) == 0);
    CHECK(nftables::missing(owner(2), one).empty());
    nftables::remove(owner(2), {Kind::host_port}, hints(one));
  }
}
