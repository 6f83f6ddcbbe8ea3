// SPDX-License-Identifier: Apache-2.0
// Links, as the kernel of this machine makes them; compared with what iproute2 sees.
#include "test/netns/netlink.hpp"

#include <string>

#include "common/netlink/link.hpp"
#include "test/support/catch.hpp"
#include "test/support/world.hpp"

using namespace patchbay;
using namespace patchbay::netlink;
using nlohmann::json;
using test::errno_of;
using test::World;

namespace {

const net::Mac kBridgeMac{{0x02, 0, 0, 0, 0, 0x01}};
const net::Mac kPeerMac{{0x02, 0, 0, 0, 0, 0x02}};

json shown(const std::string& text) { return json::parse(text).at(0); }

bool mentions(const json& flags, const std::string& flag) {
  return std::find(flags.begin(), flags.end(), flag) != flags.end();
}

}  // namespace

TEST_CASE("a bridge is made with its address, down, and only once") {
  World world;
  Socket socket;
  const auto bridge = links::create_bridge(socket, {.name = "br0", .mtu = 1400, .mac = kBridgeMac});
  REQUIRE(bridge);
  CHECK_FALSE(links::create_bridge(socket, {.name = "br0", .mac = kBridgeMac}));

  const auto seen = shown(world.sh("ip -j -d link show br0"));
  CHECK(bridge->index == seen["ifindex"]);
  CHECK(bridge->mac.to_string() == seen["address"]);
  CHECK(bridge->mtu == seen["mtu"]);
  CHECK(bridge->kind == "bridge");
  CHECK(bridge->mac == kBridgeMac);
  CHECK(bridge->mtu == 1400);
  CHECK_FALSE(bridge->up);
  CHECK(bridge->vlan_filtering == false);
  CHECK(links::get(socket, "br0").index == bridge->index);
}

TEST_CASE("a bridge with VLAN filtering is that or an error") {
  World world;
  Socket socket;
  const links::BridgeOptions options{.name = "br0", .mac = kBridgeMac, .vlan_filtering = true};
  if (const auto reason = test::lacks_vlan_filtering()) {
    CHECK_THROWS_AS(links::create_bridge(socket, options), Error);
    CHECK_FALSE(links::find(socket, "br0"));
    PATCHBAY_SKIP(*reason);
  }
  const auto bridge = links::create_bridge(socket, options);
  REQUIRE(bridge);
  CHECK(bridge->vlan_filtering == true);
}

TEST_CASE("a veth is born with both ends in place, and the echo tells all of it") {
  World world;
  const auto container = os::Netns::open(world.netns("red"));
  Socket socket;
  const auto bridge = links::create_bridge(socket, {.name = "br0", .mac = kBridgeMac});
  const auto veth =
      links::create_veth(socket, {.host = {.name = "veth0", .alias = "net/red/eth0", .mac = std::nullopt},
                                  .peer = {.name = "eth0", .alias = {}, .mac = kPeerMac, .netns = &container},
                                  .mtu = 1380,
                                  .master = bridge->index});
  REQUIRE(veth);

  const auto host = shown(world.sh("ip -j -d link show veth0"));
  CHECK(veth->host.index == host["ifindex"]);
  CHECK(veth->host.mac.to_string() == host["address"]);
  CHECK(veth->host.name == "veth0");
  CHECK(veth->host.kind == "veth");
  CHECK(veth->host.mtu == 1380);
  CHECK(veth->host.up);
  CHECK(veth->host.peer_elsewhere);
  CHECK(veth->host.master == bridge->index);
  CHECK(host["mtu"] == 1380);
  CHECK(host["master"] == "br0");
  CHECK(host["num_tx_queues"] == 1);
  CHECK(host.value("num_rx_queues", 1) == 1);  // told by kernels that share them out among processors
  CHECK(host["ifalias"] == "net/red/eth0");
  CHECK(mentions(host["flags"], "UP"));

  const auto peer = shown(world.sh_in("red", "ip -j -d link show eth0"));
  CHECK(veth->peer_index == peer["ifindex"]);
  CHECK(veth->peer_mac == kPeerMac);
  CHECK(peer["address"] == kPeerMac.to_string());
  CHECK(peer["mtu"] == 1380);
  CHECK(peer["num_tx_queues"] == 1);
  CHECK_FALSE(mentions(peer["flags"], "UP"));

  const auto found = links::find(socket, veth->host.index);
  REQUIRE(found);
  CHECK(found->alias == "net/red/eth0");
  CHECK(found->peer == veth->peer_index);
  CHECK(found->port);
}

TEST_CASE("without wishes a veth gets the kernel's MTU and addresses of ours") {
  World world;
  Socket socket;
  const auto veth = links::create_veth(
      socket, {.host = {.name = "a", .alias = "one"}, .peer = {.name = "b", .alias = "two"}, .up = false});
  REQUIRE(veth);
  CHECK(veth->host.mtu == 1500);
  CHECK_FALSE(veth->host.up);
  CHECK_FALSE(veth->host.peer_elsewhere);
  CHECK(veth->host.mac.is_unicast());
  CHECK(veth->host.mac != veth->peer_mac);
  CHECK(links::get(socket, "a").alias == "one");
  CHECK(links::get(socket, "b").alias == "two");
  CHECK(links::get(socket, "b").mac == veth->peer_mac);
  CHECK(links::get(socket, "b").index == veth->peer_index);
}

TEST_CASE("a taken host name is told apart from a taken container name") {
  World world;
  const auto container = os::Netns::open(world.netns("red"));
  Socket socket;
  const auto make = [&](const std::string& host, const std::string& peer) {
    return links::create_veth(socket,
                              {.host = {.name = host, .alias = "mine"}, .peer = {.name = peer, .netns = &container}});
  };
  world.sh("ip link add taken type bridge && ip link set taken alias theirs");
  CHECK_FALSE(make("taken", "eth0"));
  CHECK(links::get(socket, "taken").alias == "theirs");
  CHECK(world.try_sh_in("red", "ip link show eth0").exit_code != 0);

  REQUIRE(make("veth0", "eth0"));
  try {
    make("veth1", "eth0");
    FAIL("the second eth0 was made");
  } catch (const Error& error) {
    CHECK(error.code() == Code::interface_exists);
    CHECK(error.summary().find("eth0") != std::string::npos);
  }
  CHECK_FALSE(links::find(socket, "veth1"));
}

TEST_CASE("a veth that is refused leaves nothing and says why") {
  World world;
  Socket socket;
  CHECK(errno_of([&] { links::create_veth(socket, {.host = {.name = "a"}, .peer = {.name = "b"}, .mtu = 20}); }) ==
        EINVAL);
  CHECK(errno_of([&] { links::create_veth(socket, {.host = {.name = "a"}, .peer = {.name = "b"}, .master = 4711}); }) !=
        0);
  CHECK(errno_of([&] {
          links::create_veth(socket, {.host = {.name = "a", .alias = std::string(300, 'x')}, .peer = {.name = "b"}});
        }) != 0);
  CHECK_FALSE(links::find(socket, "a"));
  CHECK_FALSE(links::find(socket, "b"));
}

TEST_CASE("links are found by name, alternative name and index, or not at all") {
  World world;
  Socket socket;
  world.sh("ip link add d0 type bridge && ip link property add dev d0 altname a-name-longer-than-fifteen");
  const auto link = links::find(socket, "d0");
  REQUIRE(link);
  CHECK(link->kind == "bridge");
  CHECK(links::find(socket, link->index)->name == "d0");
  CHECK(links::find(socket, "a-name-longer-than-fifteen")->index == link->index);
  CHECK_FALSE(links::find(socket, "d1"));
  CHECK_FALSE(links::find(socket, std::string(40, 'n')));
  CHECK_FALSE(links::find(socket, 4711));
  CHECK_FALSE(links::find(socket, 0));
  CHECK(errno_of([&] { links::get(socket, "d1"); }) == ENODEV);
}

TEST_CASE("lists are filtered by kind and by master") {
  World world;
  Socket socket;
  world.sh(
      "ip link add br0 type bridge; ip link add br1 type bridge;"
      "ip link add v0 type veth peer name v1; ip link set v0 master br0; ip link set v1 master br1");
  const auto names = [&](const std::string& kind, const std::string& master) {
    std::string text;
    const int index = master.empty() ? 0 : links::get(socket, master).index;
    for (const auto& link : links::list(socket, kind, index)) text += link.name + " ";
    return text;
  };
  CHECK(names("bridge", "") == "br0 br1 ");
  CHECK(names("", "br0") == "v0 ");
  CHECK(names("veth", "br0") == "v0 ");
  CHECK(names("bridge", "br1").empty());
  CHECK(names("nosuchkind", "").empty());
  CHECK(names("", "").starts_with("lo "));
  CHECK(names("", "").find(" br0 br1 ") != std::string::npos);
}
