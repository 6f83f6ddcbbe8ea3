// SPDX-License-Identifier: Apache-2.0
// Somebody flushes the packet filter: "repair" makes it what it was.
#include "test/netns/audit.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

struct Flush {
  const char* backend;
  const char* command;
};

constexpr Flush kFlushes[] = {
    {"nftables", "nft flush ruleset"},
    {"nftables", "nft flush map inet patchbay hostports4; nft delete table bridge patchbay"},
    {"iptables", "for p in iptables ip6tables; do $p-legacy -t nat -F; $p-legacy -t nat -X; done; nft flush ruleset"},
    {"mixed", "iptables-legacy -t nat -F; ip6tables-legacy -t nat -F; nft flush table inet patchbay"},
    {"iptables", "iptables-legacy -t nat -F PREROUTING; ip6tables-legacy -t nat -F CNI-HOSTPORT-DNAT"},
};

}  // namespace

TEST_CASE("after a flush, repair makes the rules of the living what they were") {
  const Flush flush = GENERATE(from_range(std::begin(kFlushes), std::end(kFlushes)));
  const std::string backend = flush.backend;
  if (backend != "nftables" && lacks_legacy_iptables()) PATCHBAY_SKIP(*lacks_legacy_iptables());
  INFO(flush.backend << ": " << flush.command);
  auto plugins = audited_plugins(backend == "mixed" ? "iptables" : backend);
  plugins[1]["masqAll"] = true;
  if (backend == "nftables") plugins[1]["conditionsV6"] = {"ip6", "saddr", "!=", "2001:db8:9::/64"};
  if (backend == "iptables") plugins[1]["markMasqBit"] = 7;
  if (backend == "iptables") plugins[1]["conditionsV4"] = {"!", "-s", "203.0.113.0/24"};
  if (backend == "mixed") plugins[0]["ipMasqBackend"] = "nftables";
  AuditedNode node{plugins};
  World& world = node.world;
  world.lan("client", "192.0.2.1/24", "192.0.2.2/24");
  // In an order that is not that of their records' names.
  int number = 8080;
  for (const std::string name : {"red", "blue", "green", "white"}) {
    node.attach(name, {port(number), port(number + 100, "udp")});
    ++number;
    world.sh("sleep 0.02");
  }
  world.serve("blue", "tcp", 80, "blue");
  const auto before = world.snapshot();
  CHECK(world.ask("client", "tcp", "192.0.2.1", 8081));

  world.sh(flush.command);
  const json report = node.audit(3);
  CHECK(report.at("missing").size() >= 4);
  CHECK(report.at("summary").at("stale") == 0);
  const Ran repair = node.tool("repair");
  INFO(repair.out << repair.err);
  CHECK(repair.exit_code == 0);
  CHECK(difference(before, world.snapshot()) == "");
  CHECK(world.ask("client", "tcp", "192.0.2.1", 8081));
  CHECK(node.audit(0).at("missing").empty());

  const Ran again = node.tool("repair net");
  CHECK(again.out == "0 repaired, 4 lack nothing\n");
  CHECK(difference(before, world.snapshot()) == "");
}

TEST_CASE("repair makes nothing for the dead, and says what it cannot know") {
  AuditedNode node{audited_plugins("nftables")};
  node.attach("red", {port(8080)});
  node.attach("blue", {port(9090)});
  node.kill("red");
  node.world.sh("nft flush ruleset");
  SECTION("the dead") {
    const json report = node.tool("repair --json").json();
    REQUIRE(report.at("repaired").size() == 1);
    CHECK(report.at("repaired")[0].at("owner") == "net/blue/eth0");
    CHECK(node.world.sh("nft list ruleset").find("red") == std::string::npos);
  }
  SECTION("another network") {
    CHECK(node.tool("repair other").out == "0 repaired, 0 lack nothing\n");
    CHECK(node.world.sh("nft list ruleset").empty());
  }
  SECTION("a record of an older version") {
    node.world.sh("sed -i 's/\"forwarding\"/\"foreword\"/' /run/patchbay/portmap/net/*");
    const json report = node.tool("repair --json").json();
    CHECK(report.at("unknown") == json{"net/blue/eth0"});
    CHECK(report.at("repaired").size() == 1);  // what the record of bridge tells
  }
  SECTION("a host port that somebody else has by now") {
    node.world.netns("green");
    node.world.sh(
        "CAP_ARGS='{\"portMappings\": [{\"hostPort\": 9090, \"containerPort\": 80, \"protocol\": \"tcp\"}]}' " +
        std::string{kTool} + "add net /run/netns/green --container-id green");
    const Ran ran = node.tool("repair");
    INFO(ran.err);
    CHECK(ran.exit_code == 1);
    CHECK(ran.err.find("for net/green/eth0 (code 104)") != std::string::npos);
  }
}
