// SPDX-License-Identifier: Apache-2.0
// Somebody flushes the ruleset under live containers: CHECK says what is missing, the next ADD works, DEL and
// GC clean up as if nothing had been.
#include "test/netns/recovery.hpp"

using namespace patchbay::test;

namespace {

struct Flush {
  std::string backend, command;
  std::vector<std::string> complaints;  // that CHECK of bridge or portmap has
};
const std::vector<Flush> kFlushes{
    {"nftables", "nft flush ruleset", {"nftables:"}},
    {"nftables", "nft delete table inet patchbay", {"nftables:"}},
    {"nftables", "nft flush table inet patchbay", {"nftables: rule \"", "of chain inet patchbay", "is missing"}},
    {"iptables", "iptables-legacy -t nat -F", {"iptables -t nat lacks -A POSTROUTING -s ", "CNI-"}},
    {"iptables",
     "iptables-legacy -t nat -F && iptables-legacy -t nat -X",
     {"iptables -t nat lacks -A POSTROUTING -s ", "CNI-"}},
    {"iptables", "iptables-legacy -t nat -F POSTROUTING", {"iptables -t nat lacks -A POSTROUTING -s "}},
    {"iptables",
     "ip6tables-legacy -t nat -F && ip6tables-legacy -t nat -X",
     {"ip6tables -t nat lacks -A POSTROUTING -s fd10::"}},
};

// Every flush of a bridge's rules; of a cable's, one of each backend.
template <typename Work>
void for_every_flush(const Work& work) {
  for (const Flush& flush : kFlushes) {
    for (const std::string kind : {"bridge", "ptp"}) {
      const Setting setting{kind, flush.backend};
      const bool complete =
          flush.command == "nft flush ruleset" || flush.command.ends_with("iptables-legacy -t nat -X");
      if (skipped(setting) || (kind == "ptp" && !complete)) continue;
      DYNAMIC_SECTION(kind << ", " << flush.command) {
        RecoveringNode node{setting};
        node.attach("red", 8080);
        node.world.sh(flush.command);
        work(node, flush);
      }
    }
  }
}

// Nobody is left, and nothing.
void require_clean(RecoveringNode& node) {
  CHECK(container_chains(node.world).empty());
  CHECK(node.world.sh("nft list ruleset | grep patchbay || true").empty());
  CHECK(node.world.sh("find /run/patchbay -type f ! -name '*.lock'").empty());
  CHECK(node.world.sh("ip -o link show type veth | grep -v lan- || true").empty());
  CHECK(node.world.sh("ls /var/lib/cni/networks/net | grep -E '^(10|fd)' || true").empty());
}

}  // namespace

TEST_CASE("after a flush CHECK says what is missing, ADD of others works, and DEL leaves nothing") {
  for_every_flush([](RecoveringNode& node, const Flush& flush) {
    const Ran checked = node.net.check("red");
    CHECK(checked.exit_code == 1);
    for (const std::string& complaint : flush.complaints) {
      INFO(message(checked));
      CHECK(message(checked).find(complaint) != std::string::npos);
    }
    node.attach("green", 8081);
    CHECK(node.net.check("green").exit_code == 0);
    node.require_reachable("green", 8081);
    for (const char* name : {"red", "blue", "red"}) node.net.del(name, {.with_netns = false, .with_previous = false});
    node.require_reachable("green", 8081);
    node.net.del("green");
    CHECK(container_chains(node.world).empty());
    CHECK(node.net.gc({}).exit_code == 0);
    require_clean(node);
  });
}

TEST_CASE("after a flush GC leaves nothing of those who are gone, forgotten ones included") {
  for_every_flush([](RecoveringNode& node, const Flush&) {
    node.attach("green", 8081);
    node.world.sh("find /run/patchbay -type f ! -name '*.lock' -delete");
    CHECK(node.net.gc({"green"}).exit_code == 0);
    CHECK(node.net.check("green").exit_code == 0);
    node.require_reachable("green", 8081);
    CHECK(node.net.gc({}).exit_code == 0);
    require_clean(node);
  });
}

TEST_CASE("after a flush DEL and ADD make everything again") {
  for (const Setting& setting : {kSettings[0], kSettings[1]}) {
    if (skipped(setting)) continue;
    RecoveringNode node{setting};
    node.world.sh(setting.backend == "nftables" ? "nft flush ruleset"
                                                : "iptables-legacy -t nat -F && ip6tables-legacy -t nat -F");
    node.net.del("blue");
    node.attach("blue", 9090);
    CHECK(node.net.check("blue").exit_code == 0);
    CHECK(node.world.ask("lan", "tcp", "192.0.2.1", 9090) == "blue 192.0.2.2");
  }
}
