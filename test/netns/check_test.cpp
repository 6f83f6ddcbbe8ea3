// SPDX-License-Identifier: Apache-2.0
// CHECK passes on what is healthy and fails on each single drift.
#include "test/support/catch.hpp"
#include "test/support/chain.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

struct Drift {
  std::string what;
  std::string where;    // "" = host, otherwise the namespace
  std::string command;  // $HOST is the host end
};

const Drift kCommon[] = {
    {"container link gone", "red", "ip link del eth0"},
    {"container link down", "red", "ip link set eth0 down"},
    {"container MAC", "red", "ip link set eth0 address 02:00:00:00:00:99"},
    {"container MTU", "red", "ip link set eth0 mtu 1300"},
    {"address gone", "red", "ip addr del $IP4/24 dev eth0"},
    {"address of the other family gone", "red", "ip addr del $IP6/64 dev eth0"},
    {"default route gone", "red", "ip route del default"},
    {"IPv6 default route gone", "red", "ip -6 route del default"},
    {"host end down", "", "ip link set $HOST down"},
    {"host end MTU", "", "ip link set $HOST mtu 1300"},
    {"host end MAC", "", "ip link set $HOST address 02:00:00:00:00:98"},
    {"forwarding off", "", "sysctl -qw net.ipv4.ip_forward=0"},
    {"lease gone", "", "rm /var/lib/cni/networks/net/$IP4"},
    {"lease of somebody else", "", "printf 'other\\r\\neth0' > /var/lib/cni/networks/net/$IP4"},
};

const Drift kBridge[] = {
    {"bridge gone", "", "ip link del cni0"},
    {"bridge down", "", "ip link set cni0 down"},
    {"bridge MAC", "", "ip link set cni0 address 02:00:00:00:00:97"},
    {"no longer a port", "", "ip link set $HOST nomaster"},
    {"isolation switched on", "", "bridge link set dev $HOST isolated on"},
    {"gateway address gone", "", "ip addr del 10.10.0.1/24 dev cni0"},
};

const Drift kPointToPoint[] = {
    {"gateway address gone", "", "ip addr del 10.10.0.1/32 dev $HOST"},
    {"host route gone", "", "ip route del $IP4"},
    {"route to the gateway gone", "red", "ip route del 10.10.0.1"},
    {"route to the subnet gone", "red", "ip route del 10.10.0.0/24"},
};

const Drift kNftables[] = {
    {"ruleset flushed", "", "nft flush ruleset"},
    {"table gone", "", "nft delete table inet patchbay"},
    {"rules flushed, elements kept", "", "nft flush table inet patchbay"},
    {"elements gone, rules kept", "",
     "for m in $(nft -j list maps | jq -r '.nftables[]|.map?|select(.)|.name'); do nft flush map inet patchbay $m; "
     "done; "
     "for s in $(nft -j list sets | jq -r '.nftables[]|.set?|select(.)|select(.table==\"patchbay\" and "
     ".family==\"inet\")|.name'); do "
     "nft flush set inet patchbay $s; done"},
};

const Drift kIptables[] = {
    {"nat table flushed", "", "iptables-legacy -t nat -F"},
    {"masquerade rule gone", "",
     "iptables-legacy -t nat -D POSTROUTING $(iptables-legacy -t nat -S POSTROUTING | "
     "grep -- \"-s $IP4\" | sed 's/-A POSTROUTING//; s/\\\\\"//g; s/\"[^\"]*\"/X/' | "
     "cut -d' ' -f0 2>/dev/null) 2>/dev/null || iptables-legacy -t nat -F POSTROUTING"},
    {"IPv6 port rules gone", "", "ip6tables-legacy -t nat -F CNI-HOSTPORT-DNAT"},
};

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

void require_drift_seen(const std::string& kind, const std::string& backend, const Drift& drift) {
  World world;
  Chain net{world, kind == "bridge" ? usual_plugins(backend) : point_to_point_plugins(backend)};
  net.port_mappings = {{{"hostPort", 8080}, {"containerPort", 80}, {"protocol", "tcp"}}};
  net.add("red");
  const Ran healthy = net.check("red");
  INFO(drift.what << ": " << healthy.out);
  REQUIRE(healthy.exit_code == 0);
  std::string command = replace_all(drift.command, "$HOST", net.host_end("red"));
  command = replace_all(replace_all(command, "$IP4", net.ip("red")), "$IP6", net.ip("red", 6));
  if (drift.where.empty()) {
    world.sh(command);
  } else {
    world.sh_in(drift.where, command);
  }
  const Ran drifted = net.check("red");
  CHECK(drifted.exit_code == 1);
  CHECK(drifted.json().at("code") == 106);
}

template <std::size_t Count>
void require_each_seen(const std::string& kind, const std::string& backend, const Drift (&drifts)[Count]) {
  for (const Drift& drift : drifts) {
    DYNAMIC_SECTION(kind << " " << backend << ": " << drift.what) { require_drift_seen(kind, backend, drift); }
  }
}

}  // namespace

TEST_CASE("CHECK sees every drift of a bridge attachment") {
  require_each_seen("bridge", "nftables", kCommon);
  require_each_seen("bridge", "nftables", kBridge);
}

TEST_CASE("CHECK sees every drift of a point-to-point attachment") {
  require_each_seen("ptp", "nftables", kCommon);
  require_each_seen("ptp", "nftables", kPointToPoint);
}

TEST_CASE("CHECK sees every drift of nftables rules") { require_each_seen("bridge", "nftables", kNftables); }

TEST_CASE("CHECK sees every drift of iptables rules") {
  if (const auto reason = lacks_legacy_iptables()) PATCHBAY_SKIP(*reason);
  require_each_seen("bridge", "iptables", kIptables);
}

TEST_CASE("CHECK tolerates what later plugins of the chain do") {
  World world;
  Chain net{world, usual_plugins("nftables", false)};
  net.add("red");
  SECTION("source-based routing moves routes to another table") {
    world.sh_in("red",
                "ip route add default via 10.10.0.1 table 100 && ip route del default && "
                "ip -6 route add default via fd10::1 table 100 && ip -6 route del default");
  }
  SECTION("more addresses and routes") {
    world.sh_in("red", "ip addr add 203.0.113.5/24 dev eth0 && ip route add 198.51.100.0/24 via 10.10.0.1");
  }
  const Ran ran = net.check("red");
  INFO(ran.out);
  CHECK(ran.exit_code == 0);
}

TEST_CASE("CHECK without prevResult says so") {
  World world;
  json config = usual_plugins("", false)[0];
  config["name"] = "net";
  config["cniVersion"] = "1.1.0";
  const Ran ran = world.call({.plugin = "bridge", .command = "CHECK", .config = config, .netns = world.netns("red")});
  CHECK(ran.exit_code == 1);
  CHECK(ran.json().at("code") == 7);
}
