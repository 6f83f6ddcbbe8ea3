// SPDX-License-Identifier: Apache-2.0
// A way out: containers reach a LAN host beyond the node, with the node's address or their own.
#include "test/support/catch.hpp"
#include "test/support/chain.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

void make_lan(World& world) {
  world.lan("lan", "192.0.2.1/24", "192.0.2.2/24");
  world.lan("lan", "2001:db8::1/64", "2001:db8::2/64");
  world.serve("lan", "tcp", 7000, "lan");
}

std::vector<json> plugins(const std::string& kind, const std::string& backend) {
  return kind == "bridge" ? usual_plugins(backend, false) : point_to_point_plugins(backend, false);
}

}  // namespace

TEST_CASE("a container reaches a LAN host behind masquerade by a default route") {
  const std::string backend = GENERATE("nftables", "iptables", "iptables-nft");
  const std::string kind = GENERATE("bridge", "ptp");
  if (backend == "iptables" && lacks_legacy_iptables()) PATCHBAY_SKIP(*lacks_legacy_iptables());
  World world;
  INFO(kind << " " << backend);
  make_lan(world);
  Chain net{world, plugins(kind, world.prepare_for(backend))};
  net.add("red");
  CHECK(world.ping("red", "192.0.2.2"));
  CHECK(world.ping("red", "2001:db8::2"));
  CHECK(world.ask("red", "tcp", "192.0.2.2", 7000) == "lan 192.0.2.1");
  CHECK(world.ask("red", "tcp", "2001:db8::2", 7000) == "lan 2001:db8::1");
  CHECK(net.check("red").exit_code == 0);
}

TEST_CASE("a container reaches a LAN host by a specific route alone") {
  const std::string backend = GENERATE("nftables", "iptables", "iptables-nft");
  if (backend == "iptables" && lacks_legacy_iptables()) PATCHBAY_SKIP(*lacks_legacy_iptables());
  World world;
  make_lan(world);
  auto specific = plugins("bridge", world.prepare_for(backend));
  specific[0]["ipam"]["routes"] = {{{"dst", "192.0.2.0/24"}}, {{"dst", "2001:db8::/64"}}};
  Chain net{world, specific};
  net.add("red");
  CHECK(world.sh_in("red", "ip route show default") == "");
  CHECK(world.ask("red", "tcp", "192.0.2.2", 7000) == "lan 192.0.2.1");
  CHECK(world.ask("red", "tcp", "2001:db8::2", 7000) == "lan 2001:db8::1");
}

TEST_CASE("without masquerade the LAN host sees the container's own address, given a route back") {
  World world;
  make_lan(world);
  auto plain = plugins("bridge", "");
  plain[0]["ipMasq"] = false;
  Chain net{world, plain};
  net.add("red");
  CHECK_FALSE(world.ask("red", "tcp", "192.0.2.2", 7000, 500));
  world.sh_in("lan", "ip route add 10.10.0.0/24 via 192.0.2.1");
  world.sh_in("lan", "ip -6 route add fd10::/64 via 2001:db8::1");
  CHECK(world.ask("red", "tcp", "192.0.2.2", 7000) == "lan " + net.ip("red"));
  CHECK(world.ask("red", "tcp", "2001:db8::2", 7000) == "lan " + net.ip("red", 6));
}

TEST_CASE("neighbours of one subnet see each other's own address, other networks the node's") {
  const std::string backend = GENERATE("nftables", "iptables", "iptables-nft");
  if (backend == "iptables" && lacks_legacy_iptables()) PATCHBAY_SKIP(*lacks_legacy_iptables());
  World world;
  Chain net{world, plugins("ptp", world.prepare_for(backend))};  // ptp: even neighbours are reached through the host
  net.add("red");
  net.add("blue");
  world.serve("blue", "tcp", 7000, "blue");
  CHECK(world.ask("red", "tcp", net.ip("blue"), 7000) == "blue " + net.ip("red"));
  CHECK(world.ask("red", "tcp", net.ip("blue", 6), 7000) == "blue " + net.ip("red", 6));

  auto others = usual_plugins(world.prepare_for(backend), false);
  others[0]["bridge"] = "cni1";
  others[0]["ipam"]["ranges"] = {{{{"subnet", "10.20.0.0/24"}}}};
  Chain other{world, others, "other"};
  other.add("green");
  const auto seen = world.ask("green", "tcp", net.ip("blue"), 7000);
  REQUIRE(seen);
  CHECK(*seen != "blue " + other.ip("green"));
}

TEST_CASE("masquerade of nested subnets follows each network's own") {
  World world;
  make_lan(world);
  auto wide = usual_plugins("nftables", false);
  wide[0]["ipam"]["ranges"] = {{{{"subnet", "10.10.0.0/16"}}}};
  Chain outer{world, wide, "outer"};
  outer.add("red");
  auto narrow = point_to_point_plugins("nftables", false);
  narrow[0]["ipam"]["ranges"] = {{{{"subnet", "10.10.7.0/24"}}}};
  Chain inner{world, narrow, "inner"};
  inner.add("blue");
  CHECK(world.ask("red", "tcp", "192.0.2.2", 7000) == "lan 192.0.2.1");
  CHECK(world.ask("blue", "tcp", "192.0.2.2", 7000) == "lan 192.0.2.1");
}
