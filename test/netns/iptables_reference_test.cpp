// SPDX-License-Identifier: Apache-2.0
// The iptables backend against iptables, of either variant, and the reference suite 1.1.1: the same rules for
// the same configuration, and each removes what the other made.
#include <unistd.h>

#include <functional>
#include <sstream>

#include "common/base/error.hpp"
#include "test/netns/iptables_port_cases.hpp"

using namespace patchbay;
using namespace patchbay::test;
using firewall::Hints;
using nlohmann::json;

namespace {

constexpr const char* kReference = "/usr/lib/cni";

#define SKIP_WITHOUT_REFERENCE() \
  if (access("/usr/lib/cni/portmap", X_OK) != 0) PATCHBAY_SKIP("the reference plugins are not installed")

void flush(World& world) { world.sh("for x in iptables ip6tables; do $x -t nat -F; $x -t nat -X; done"); }

// Nothing but a chain that marks.
void fresh(World& world) {
  flush(world);
  world.sh("iptables -t nat -N MARKER; ip6tables -t nat -N MARKER");
}

// Where the reference looks for its tools: this node's. ip6tables-legacy 1.8.9 ignores what
// matches hold when it is asked whether a rule exists (-C), so that the reference leaves out all ports
// but one; the tools in "new" say that none does, which is true of a table without its rules.
void make_tools(World& world) {
  world.sh(R"(mkdir -p /run/new /run/v4
    cp -P /run/iptables/iptables /run/new; cp -P /run/iptables/iptables /run/v4
    printf '#!/bin/sh\ncase "$*" in *" -C "*) exit 1;; esac\nexec /run/iptables/ip6tables "$@"\n' >/run/new/ip6tables
    chmod +x /run/new/ip6tables)");
}

void reference(World& world, const std::string& command, const json& config,
               const std::string& tools = "/run/iptables") {
  make_tools(world);
  const Ran ran = world.call({.plugin = config.at("type"),
                              .command = command,
                              .config = config,
                              .container = kOwner.container,
                              .netns = world.netns("ctrA"),
                              .ifname = kOwner.ifname,
                              .path = kReference,
                              .environment = {"PATH=" + tools}});
  INFO(command << ": " << ran.out << ran.err);
  REQUIRE(ran.exit_code == 0);
}

// ADD of portmap to a table without it.
void reference_add(World& world, const PortCase& port_case) {
  fresh(world);
  reference(world, "ADD", reference_config(port_case), port_case.distinct ? "/run/new" : "/run/iptables");
}

}  // namespace

TEST_CASE("iptables: host ports are what the reference makes of them") {
  SKIP_WITHOUT_REFERENCE();
  EITHER_IPTABLES(variant);
  for (const PortCase& port_case : port_cases()) {
    World world;
    world.set_iptables(variant);
    INFO(port_case.name);
    const json config = reference_config(port_case);
    const Intents intents = our_intents(port_case);
    reference_add(world, port_case);
    const std::string theirs = rules(world);
    CHECK(iptables::missing(kOwner, intents).empty());
    iptables::apply(kOwner, intents, {});
    CHECK(rules(world) == theirs);  // adopted as they are
    reference(world, "DEL", config);
    const std::string after = rules(world);

    fresh(world);
    iptables::apply(kOwner, intents, {});
    CHECK(rules(world) == theirs);
    CHECK(iptables::missing(kOwner, intents).empty());
    // 1.1.1 looks for IPv4's rules in both families, where it has both.
    json v4_config = config;
    v4_config["prevResult"]["ips"].erase(1);
    reference(world, "CHECK", v4_config, "/run/v4");
    reference(world, "DEL", config);
    CHECK(rules(world) == after);
  }
}

TEST_CASE("iptables: host ports of the reference are removed") {
  SKIP_WITHOUT_REFERENCE();
  EITHER_IPTABLES(variant);
  for (const PortCase& port_case : port_cases()) {
    World world;
    world.set_iptables(variant);
    INFO(port_case.name);
    const auto add = [&] { reference_add(world, port_case); };
    add();
    reference(world, "DEL", reference_config(port_case));
    const std::string after = rules(world);
    add();
    iptables::remove(kOwner, {Kind::host_port}, {});
    CHECK(rules(world) == after);
    add();
    iptables::remove(kOwner, {Kind::host_port}, {.addresses = {cidr(kAddress4), cidr(kAddress6)}});
    CHECK(rules(world) == after);
    add();
    iptables::collect("netA", {Kind::host_port}, {owner(1)});
    CHECK(rules(world) == after);
    add();
    const std::string whole = rules(world);
    iptables::collect("netA", {Kind::host_port}, {kOwner});
    iptables::collect("netB", {Kind::host_port}, {});
    iptables::remove({"netA", "ctrB", "eth0"}, {Kind::host_port}, {});
    iptables::remove(kOwner, {Kind::masquerade}, {});
    CHECK(rules(world) == whole);
  }
}

TEST_CASE("iptables: masquerading is what the reference makes of it") {
  SKIP_WITHOUT_REFERENCE();
  WORLD_OF_EITHER_IPTABLES(world);
  const json range4 = json::array({{{"subnet", "10.10.0.0/24"}}});
  const json range6 = json::array({{{"subnet", "fd00:10::/64"}}});
  const json config{{"cniVersion", "1.0.0"},
                    {"name", "netA"},
                    {"type", "bridge"},
                    {"bridge", "cni0"},
                    {"isGateway", true},
                    {"ipMasq", true},
                    {"ipam", {{"type", "host-local"}, {"ranges", {range4, range6}}}}};
  Intents intents;
  intents.masquerade = Masquerade{{cidr("10.10.0.2/24"), cidr("fd00:10::2/64")}};
  const Hints hints{.addresses = intents.masquerade->addresses};

  const std::string before = rules(world);
  reference(world, "ADD", config);
  const std::string theirs = rules(world);
  CHECK(iptables::missing(kOwner, intents).empty());

  SECTION("the reference's, removed by us") { iptables::remove(kOwner, {Kind::masquerade}, hints); }
  SECTION("the reference's, removed by us who know nothing") { iptables::remove(kOwner, {Kind::masquerade}, {}); }
  SECTION("the reference's, collected") { iptables::collect("netA", {Kind::masquerade}, {}); }
  SECTION("ours, removed by the reference") {
    flush(world);
    iptables::apply(kOwner, intents, {});
    CHECK(rules(world) == theirs);
    reference(world, "DEL", config);
  }
  CHECK(rules(world) == before);
}

TEST_CASE("iptables: old forms of the reference are removed") {
  WORLD_OF_EITHER_IPTABLES(world);
  const std::string before = with_shared_chains(world);
  const std::string comment = R"(-m comment --comment 'name: "netA" id: "ctrA"')";
  world.sh("iptables -t nat -N CNI-73746870d6d3195685499f5d");
  world.sh("iptables -t nat -A CNI-73746870d6d3195685499f5d -d 10.10.0.2/24 -j ACCEPT " + comment);
  world.sh("iptables -t nat -A POSTROUTING -s 10.10.0.2/24 -j CNI-73746870d6d3195685499f5d " + comment);
  world.sh("iptables -t nat -N CNI-SN-73746870d6d3195685499");
  world.sh("iptables -t nat -A CNI-SN-73746870d6d3195685499 -s 127.0.0.1 -j MASQUERADE");
  world.sh("iptables -t nat -N CNI-HOSTPORT-SNAT");
  world.sh("iptables -t nat -A CNI-HOSTPORT-SNAT -s 127.0.0.1 -j CNI-SN-73746870d6d3195685499");
  iptables::remove(kOwner, kKinds, {.addresses = {cidr("10.10.0.2/24")}});
  world.sh("iptables -t nat -X CNI-HOSTPORT-SNAT");
  CHECK(rules(world) == before);
}

TEST_CASE("iptables: entries with conditions that we have no word for") {
  SKIP_WITHOUT_REFERENCE();
  WORLD_OF_EITHER_IPTABLES(world);
  PortCase port_case{
      "", {{"conditionsV4", {"-m", "conntrack", "--ctstate", "NEW"}}}, json::array({mapping(80, 80, "tcp")}), {}};
  reference(world, "ADD", reference_config(port_case));
  SECTION("guard the port") {
    Intents intents = our_intents(port_case);
    CHECK_THROWS_AS(iptables::apply({"netA", "ctrB", "eth0"}, intents, {}), Error);
  }
  SECTION("go with their container") {
    iptables::remove(kOwner, kKinds, {});
    CHECK(rules(world).find("ctrA") == std::string::npos);
  }
}

TEST_CASE("iptables: the rules that iptables finds and prints") {
  WORLD_OF_EITHER_IPTABLES(world);
  const std::string before = with_shared_chains(world);
  iptables::apply(owner(1), intents(1), {});
  for (const std::string tool : {"iptables", "ip6tables"}) {
    std::istringstream lines{world.sh(tool + " -t nat -S")};
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("-A ")) continue;
      INFO(line);
      CHECK(world.try_sh(tool + " -t nat -C " + line.substr(3)).exit_code == 0);
    }
  }
  CHECK(iptables::missing(owner(1), intents(1)).empty());
  CHECK(iptables::missing(owner(2), intents(2)).size() == 2 * (3 + 1) + 3 + 2);
  iptables::remove(owner(1), kKinds, {});
  CHECK(rules(world) == before);
}
