// SPDX-License-Identifier: Apache-2.0
// Links changed, awaited, moved and removed; compared with what iproute2 sees.
#include <string>

#include "common/netlink/link.hpp"
#include "test/netns/netlink.hpp"
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

}  // namespace

TEST_CASE("remove spares a link of another name and does not mind absence") {
  World world;
  Socket socket;
  world.sh("ip link add d0 type bridge; ip link add d1 type bridge; ip link add d2 type bridge");
  const int index = links::get(socket, "d0").index;
  CHECK_FALSE(links::remove(socket, index, "other"));
  REQUIRE(links::find(socket, "d0"));
  CHECK(links::remove(socket, index, "d0"));
  CHECK_FALSE(links::remove(socket, index, "d0"));
  CHECK_FALSE(links::remove(socket, index, {}));
  CHECK(links::remove(socket, 0, "d1"));
  CHECK_FALSE(links::remove(socket, 0, "d1"));
  CHECK(links::remove(socket, links::get(socket, "d2").index, {}));
  CHECK(errno_of([&] { links::remove(socket, 1, "lo"); }) == EOPNOTSUPP);
}

TEST_CASE("changes show") {
  World world;
  Socket socket;
  world.sh("ip link add br0 type bridge; ip link add d0 type veth peer name d1; ip link set d1 up");
  const int index = links::get(socket, "d0").index;
  const int bridge = links::get(socket, "br0").index;
  std::vector<Request> requests;
  requests.push_back(links::set_up(index, "d0"));
  requests.push_back(links::set_master(index, bridge, "attach d0 to br0"));
  requests.push_back(links::set_mac(index, kPeerMac, "give d0 its MAC"));
  requests.push_back(links::set_promiscuous(bridge, true, "br0"));
  requests.push_back(links::set_alias(index, "hello", "d0"));
  requests.push_back(links::set_port_options(index, {.hairpin = true, .isolated = true}, "d0"));
  socket.transact(std::move(requests));
  auto link = links::get(socket, "d0");
  CHECK(link.up);
  CHECK(link.running);
  CHECK(link.master == bridge);
  CHECK(link.mac == kPeerMac);
  CHECK(link.alias == "hello");
  REQUIRE(link.port);
  CHECK(link.port->hairpin);
  CHECK(link.port->isolated);
  CHECK(links::get(socket, "br0").promiscuous);
  const auto seen = shown(world.sh("ip -j -d link show d0"))["linkinfo"]["info_slave_data"];
  CHECK(seen["hairpin"] == true);
  CHECK(seen["isolated"] == true);

  socket.transact(links::set_master(index, 0, "detach d0"));
  socket.transact(links::set_down(index, "d0"));
  socket.transact(links::set_promiscuous(bridge, false, "br0"));
  link = links::get(socket, "d0");
  CHECK_FALSE(link.up);
  CHECK_FALSE(link.port);
  CHECK(link.master == 0);
  CHECK_FALSE(links::get(socket, "br0").promiscuous);
}

TEST_CASE("up and arp_notify in one message") {
  World world;
  Socket socket;
  world.sh("ip link add d0 type bridge");
  socket.transact(links::set_up_and_announce(links::get(socket, "d0").index, "d0"));
  CHECK(links::get(socket, "d0").up);
  CHECK(world.sh("cat /proc/sys/net/ipv4/conf/d0/arp_notify") == "1\n");
}

TEST_CASE("a link moves under a new name") {
  World world;
  const auto container = os::Netns::open(world.netns("red"));
  Socket socket;
  Socket inside{container};
  const auto veth = links::create_veth(socket, {.host = {.name = "a", .alias = "tag"}, .peer = {.name = "b"}});
  socket.transact(links::move(veth->host.index, container, "eth0", "plug in"));
  CHECK_FALSE(links::find(socket, "a"));
  const auto moved = links::get(inside, "eth0");
  CHECK(moved.alias == "tag");
  CHECK(moved.peer == veth->peer_index);
  CHECK(moved.peer_elsewhere);
  CHECK_FALSE(moved.up);
}

TEST_CASE("a port is awaited until it forwards, without polling") {
  World world;
  const auto container = os::Netns::open(world.netns("red"));
  Socket socket;
  Socket inside{container};
  const auto bridge = links::create_bridge(socket, {.name = "br0", .mac = kBridgeMac});
  socket.transact(links::set_up(bridge->index, "br0"));
  const auto veth = links::create_veth(
      socket, {.host = {.name = "veth0"}, .peer = {.name = "eth0", .netns = &container}, .master = bridge->index});
  links::subscribe(socket);
  const auto soon = [] { return os::Deadline::in(std::chrono::milliseconds{50}); };
  Socket queries;
  CHECK_FALSE(links::wait_until_forwarding(queries, socket, veth->host.index, soon()));
  inside.transact(links::set_up(veth->peer_index, "eth0"));
  CHECK(links::wait_until_forwarding(queries, socket, veth->host.index, os::Deadline::in(std::chrono::seconds{5})));
  CHECK(links::get(socket, "veth0").port->state == PortState::forwarding);
  CHECK_FALSE(links::wait_until_forwarding(queries, socket, bridge->index, soon()));
  CHECK_FALSE(links::wait_until_forwarding(queries, socket, 4711, soon()));
}

TEST_CASE("VLANs of a port") {
  World world;
  if (const auto reason = test::lacks_vlan_filtering()) PATCHBAY_SKIP(*reason);
  Socket socket;
  world.sh(
      "ip link add br0 type bridge vlan_filtering 1; ip link add d0 type veth peer name d1; ip link set d0 master br0");
  const int port = links::get(socket, "d0").index;
  const std::vector<vlans::Vlan> wanted{
      {.id = 100, .pvid = true, .untagged = true}, {.id = 200}, {.id = 201}, {.id = 202}};
  socket.transact(vlans::remove(port, {{.id = 1}}, "drop the default VLAN"));
  socket.transact(vlans::add(port, wanted, "add VLANs"));
  CHECK(vlans::list(socket, port) == wanted);
  socket.transact(vlans::remove(port, {{.id = 201}}, "remove VLAN 201"));
  CHECK(vlans::list(socket, port).size() == 3);
  CHECK(vlans::list(socket, links::get(socket, "br0").index).size() == 1);
}

TEST_CASE("several changes and what has become of the links are one conversation") {
  World world;
  Socket socket;
  world.sh("ip link add d0 type veth peer name d1; ip link add br0 type bridge");
  const int d0 = links::get(socket, "d0").index, br0 = links::get(socket, "br0").index;
  std::vector<Request> changes;
  changes.push_back(links::set_alias(d0, "hello", "d0"));
  changes.push_back(links::set_up(d0, "d0"));
  changes.push_back(links::set_master(d0, br0, "attach d0 to br0"));
  const auto seen = links::change_and_look(socket, std::move(changes), {d0, 4711, br0}).links;
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].index == d0);
  CHECK(seen[0].alias == "hello");
  CHECK(seen[0].up);
  CHECK(seen[0].master == br0);
  CHECK(seen[0].port);
  CHECK(seen[1].index == br0);
  CHECK(seen[1].kind == "bridge");
  CHECK(links::change_and_look(socket, {}, {}).links.empty());

  std::vector<Request> impossible;
  impossible.push_back(links::set_alias(4711, "hello", "gone"));
  CHECK(errno_of([&] { links::change_and_look(socket, std::move(impossible), {d0}); }) == ENODEV);
}

TEST_CASE("whether packets are forwarded is told for each family") {
  World world;
  Socket socket;
  const auto v4 = GENERATE(false, true);
  const auto v6 = GENERATE(false, true);
  world.sh("sysctl -qw net.ipv4.ip_forward=" + std::to_string(v4 ? 1 : 0) +
           " net.ipv6.conf.all.forwarding=" + std::to_string(v6 ? 1 : 0));
  // What new links do, or one, is another matter.
  const std::string v4_others = std::to_string(v4 ? 0 : 1), v6_others = std::to_string(v6 ? 0 : 1);
  world.sh("ip link add d0 type bridge; sysctl -qw net.ipv4.conf.d0.forwarding=" + v4_others +
           " net.ipv4.conf.default.forwarding=" + v4_others + " net.ipv6.conf.default.forwarding=" + v6_others);
  const auto view = links::change_and_look(socket, {}, {});
  CHECK(view.forwards_v4 == v4);
  CHECK(view.forwards_v6 == v6);
}

TEST_CASE("links are found by several names at once, whichever of them there are") {
  World world;
  Socket socket;
  world.sh(
      "ip link add d0 type bridge; ip link add d1 type bridge; ip link property add dev d1 altname a-long-other-name");
  const auto names = [&](const std::vector<std::string>& asked) {
    std::string text;
    for (const Link& link : links::find_all(socket, asked)) text += link.name + " ";
    return text;
  };
  CHECK(names({"d1", "none", "d0"}) == "d1 d0 ");
  CHECK(names({"a-long-other-name", "lo"}) == "d1 lo ");
  CHECK(names({"none", "nothing"}).empty());
  CHECK(names({}).empty());
}
