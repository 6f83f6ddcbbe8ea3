// SPDX-License-Identifier: Apache-2.0
// What the rules of the nftables backend do to packets.
#include "test/netns/nftables.hpp"

using namespace patchbay;
using namespace patchbay::test;
using firewall::Condition;

namespace {

// Two containers on a bridge, a LAN host with routes to everything, forwarding on: a node as the
// plugins leave it, but for the packet filter.
struct Node {
  World world;
  const Owner red{"net", "red", "eth0"}, blue{"net", "blue", "eth0"};

  Node() {
    // A forwarder asks for neighbours from its link-local address, which shall not be tentative.
    world.sh(
        "sysctl -qw net.ipv6.conf.default.accept_dad=0 && ip link add br0 type bridge && ip link set br0 up && ip addr "
        "add 10.10.0.1/24 dev br0 && "
        "ip addr add fd00:10::1/64 dev br0 nodad && sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 "
        "net.ipv4.conf.br0.route_localnet=1");
    plug("red", "10.10.0.2", "fd00:10::2");
    plug("blue", "10.10.0.3", "fd00:10::3");
    world.lan("lan", "192.0.2.1/24", "192.0.2.2/24");
    world.lan("lan", "2001:db8::1/64", "2001:db8::2/64");
    world.sh_in("lan", "ip route add default via 192.0.2.1 && ip -6 route add default via 2001:db8::1");
    world.serve("red", "tcp", 80, "red");
    world.serve("red", "udp", 53, "red");
  }

  void plug(const std::string& name, const std::string& v4, const std::string& v6) {
    world.sh("ip link add v" + name + " type veth peer name eth0 netns " + (world.netns(name), name) +
             " && ip link set v" + name + " master br0 up && bridge link set dev v" + name + " hairpin on");
    world.sh_in(name, "ip link set eth0 up && ip addr add " + v4 + "/24 dev eth0 && ip addr add " + v6 +
                          "/64 dev eth0 nodad && ip route add default via 10.10.0.1 && "
                          "ip -6 route add default via fd00:10::1");
  }

  static Intents ports_of_red() {
    PortForwards forwards;
    const HostPort web = mapping(8080), dns{Protocol::udp, 5353, {}, 53};
    forwards.families = {{.container = cidr("10.10.0.2/24"), .ports = {web, dns}},
                         {.container = cidr("fd00:10::2/64"), .ports = {web, dns}}};
    return {.port_forwards = forwards};
  }
  void apply(const Owner& owner, const Intents& intents) { nftables::apply(owner, intents, nobody_is_dead); }
  // Who red saw asking; "" when there was no answer from red.
  std::string seen(const std::string& from, const std::string& ip, int port, const std::string& protocol = "tcp") {
    const auto answer = world.ask(from, protocol, ip, port, 1000);
    return answer && answer->starts_with("red ") ? answer->substr(4) : "";
  }
};

}  // namespace

TEST_CASE("masquerade: what leaves the subnet, not what stays in it") {
  Node node;
  node.world.serve("lan", "tcp", 80, "lan");
  CHECK(node.world.ask("red", "tcp", "192.0.2.2", 80) == "lan 10.10.0.2");
  node.apply(node.red, {.masquerade = Masquerade{{cidr("10.10.0.2/24"), cidr("fd00:10::2/64")}}});
  CHECK(node.world.ask("red", "tcp", "192.0.2.2", 80) == "lan 192.0.2.1");
  CHECK(node.world.ask("red", "tcp", "2001:db8::2", 80) == "lan 2001:db8::1");
  CHECK(node.world.ask("blue", "tcp", "192.0.2.2", 80) == "lan 10.10.0.3");  // not asked for
  CHECK(node.seen("blue", "10.10.0.2", 80) == "10.10.0.3");
  nftables::remove(node.red, {Kind::masquerade}, {});
  settle(node.world);
  CHECK(node.world.ask("red", "tcp", "2001:db8::2", 80) == "lan fd00:10::2");
  node.apply(node.blue, {.masquerade = Masquerade{{cidr("10.10.0.3/32"), cidr("fd00:10::3/128")}}});
  CHECK(node.world.ask("blue", "tcp", "192.0.2.2", 80) == "lan 192.0.2.1");
  CHECK(node.world.ask("blue", "tcp", "2001:db8::2", 80) == "lan 2001:db8::1");
}

TEST_CASE("multicast keeps its source") {
  Node node;
  node.world.serve("lan", "udp", 9, "lan");
  node.world.sh(
      "ip addr add 10.77.0.1/24 dev lan-lan && ip route add 239.1.1.1 dev lan-lan src 10.77.0.1 && "
      "ip route add 192.0.2.2 dev lan-lan src 10.77.0.1");
  node.world.sh_in("lan",
                   "nft 'add table ip watch; add chain ip watch in { type filter hook prerouting priority 0; }; "
                   "add rule ip watch in ip saddr 10.77.0.1 ip daddr 239.1.1.1 counter'");
  node.apply(node.red, {.masquerade = Masquerade{{cidr("10.77.0.1/24")}}});
  CHECK_FALSE(node.world.ask("", "udp", "239.1.1.1", 9, 100));
  CHECK(node.world.sh_in("lan", "nft list chain ip watch in | grep -o 'counter.*'") == "counter packets 1 bytes 29\n");
  CHECK(node.world.ask("", "udp", "192.0.2.2", 9) == "lan 192.0.2.1");
}

TEST_CASE("host ports: from afar, from the node, from itself and from a sibling, in both families") {
  Node node;
  node.apply(node.red, Node::ports_of_red());
  for (const auto& [protocol, port] : {std::pair{"tcp", 8080}, std::pair{"udp", 5353}}) {
    INFO(protocol);
    CHECK(node.seen("lan", "192.0.2.1", port, protocol) == "192.0.2.2");
    CHECK(node.seen("lan", "2001:db8::1", port, protocol) == "2001:db8::2");
    CHECK(node.seen("", "127.0.0.1", port, protocol) == "10.10.0.1");
    CHECK(node.seen("", "192.0.2.1", port, protocol) != "");
    CHECK(node.seen("", "2001:db8::1", port, protocol) != "");
    for (const std::string from : {"red", "blue"}) {
      CHECK(node.seen(from, "192.0.2.1", port, protocol) == "10.10.0.1");
      CHECK(node.seen(from, "2001:db8::1", port, protocol) == "fd00:10::1");
    }
  }
  CHECK(node.seen("blue", "10.10.0.2", 80) == "10.10.0.3");  // not by host port: nothing is changed
  nftables::remove(node.red, {Kind::host_port}, {});
  settle(node.world);
  CHECK(node.seen("lan", "192.0.2.1", 8080) == "");
}

TEST_CASE("what merely passes through, or is another's NAT, is untouched") {
  Node node;
  node.world.lan("far", "198.51.100.1/24", "198.51.100.2/24");
  node.world.sh_in("far", "ip route add default via 198.51.100.1");
  node.world.serve("far", "tcp", 8080, "far");
  node.apply(node.red, Node::ports_of_red());
  CHECK(node.world.ask("lan", "tcp", "198.51.100.2", 8080) == "far 192.0.2.2");
  CHECK(node.world.ask("blue", "tcp", "198.51.100.2", 8080) == "far 10.10.0.3");
  // the service NAT of somebody else comes first, and its connections are not ours to masquerade
  node.world.sh(
      "nft 'add table ip service; add chain ip service pre { type nat hook prerouting priority dstnat; }; "
      "add rule ip service pre ip daddr 203.0.113.1 tcp dport 8000 dnat to 10.10.0.2:80; "
      "add rule ip service pre ip daddr 192.0.2.1 tcp dport 8080 ip saddr 192.0.2.2 dnat to 198.51.100.2:8080'");
  CHECK(node.seen("lan", "203.0.113.1", 8000) == "192.0.2.2");
  CHECK(node.world.ask("lan", "tcp", "192.0.2.1", 8080) == "far 192.0.2.2");
  // red answers a sibling directly, so that blue hears nothing; what red saw tells
  node.world.sh_in("red",
                   "nft 'add table ip watch; add set ip watch seen { type ipv4_addr; flags dynamic; }; "
                   "add chain ip watch in { type filter hook input priority 0; }; "
                   "add rule ip watch in tcp dport 80 add @seen { ip saddr }'");
  static_cast<void>(node.world.ask("blue", "tcp", "203.0.113.1", 8000, 200));
  CHECK(node.world.sh_in("red", "nft list set ip watch seen | grep elements") == "\t\telements = { 10.10.0.3 }\n");
}

TEST_CASE("a host port on one address answers there only, and on the rest for somebody else's server") {
  Node node;
  node.world.sh("ip addr add 192.0.2.9/24 dev lan-lan");
  node.world.serve("", "tcp", 8080, "node");
  node.apply(node.red, publish("10.10.0.2/24", {mapping(8080, "192.0.2.9")}));
  CHECK(node.world.ask("lan", "tcp", "192.0.2.9", 8080) == "red 192.0.2.2");
  CHECK(node.world.ask("lan", "tcp", "192.0.2.1", 8080) == "node 192.0.2.2");
  CHECK(node.world.ask("blue", "tcp", "192.0.2.9", 8080) == "red 10.10.0.1");
}

TEST_CASE("without snat only others' connections work; with masqAll nobody is seen") {
  Node node;
  Intents plain = Node::ports_of_red();
  plain.port_forwards->snat = false;
  node.apply(node.red, plain);
  CHECK(node.seen("lan", "192.0.2.1", 8080) == "192.0.2.2");
  CHECK(node.seen("", "127.0.0.1", 8080) == "");
  Intents all = Node::ports_of_red();
  all.port_forwards->masquerade_all = true;
  node.apply(node.red, all);
  CHECK(node.seen("lan", "192.0.2.1", 8080) == "10.10.0.1");
  CHECK(node.seen("lan", "2001:db8::1", 8080) == "fd00:10::1");
  CHECK(node.seen("", "127.0.0.1", 8080) == "10.10.0.1");
}

TEST_CASE("conditions: who does not fulfil them meets what is published without") {
  Node node;
  node.world.serve("blue", "tcp", 80, "blue");
  Intents some = publish("10.10.0.2/24", {mapping(8080)});
  some.port_forwards->families[0].conditions = {
      {.field = Condition::Field::source, .subnet = cidr("192.0.2.0/30")},
      {.field = Condition::Field::in_interface, .negated = true, .interface = "other+"}};
  node.apply(node.red, some);
  node.apply(node.blue, publish("10.10.0.3/24", {mapping(8080)}));
  CHECK(node.world.ask("lan", "tcp", "192.0.2.1", 8080) == "red 192.0.2.2");
  node.world.sh_in("lan", "ip addr add 192.0.2.77/24 dev eth0 && ip route add 192.0.2.1 dev eth0 src 192.0.2.77");
  CHECK(node.world.ask("lan", "tcp", "192.0.2.1", 8080) == "blue 192.0.2.77");
}

TEST_CASE("neighbours cannot reach 127.0.0.1 through the bridge") {
  Node node;
  node.world.serve("", "udp", 7000, "node");
  node.world.sh_in("red",
                   "sysctl -qw net.ipv4.conf.all.route_localnet=1 && ip route add 127.0.0.1 via 10.10.0.1 table 9 && "
                   "ip rule add pref 0 to 127.0.0.1 table 9 && ip rule add pref 1 lookup local && ip rule del pref 0 "
                   "lookup local");
  const auto asked = [&] { return node.world.ask("red", "udp", "127.0.0.1", 7000, 500).has_value(); };
  CHECK(asked());  // route_localnet on br0 lets it in
  node.apply(node.red, Node::ports_of_red());
  CHECK_FALSE(asked());
}

TEST_CASE("frames with a source address that was not assigned are dropped") {
  Node node;
  node.world.sh_in("red", "ip link set eth0 address 02:00:00:00:00:01");
  node.apply(node.red, {.mac_spoof = MacSpoofCheck{"vred", {{2, 0, 0, 0, 0, 1}}}});
  CHECK(node.world.ping("red", "10.10.0.3"));
  CHECK(node.world.ping("blue", "10.10.0.2"));
  node.world.sh_in("red", "ip link set eth0 address 02:00:00:00:00:99");
  CHECK_FALSE(node.world.ping_once("red", "10.10.0.3", 500));
  CHECK(node.world.ping("blue", "10.10.0.1"));  // not guarded
  nftables::remove(node.red, {Kind::mac_spoof}, {});
  settle(node.world);
  node.world.sh_in("blue", "ip neigh flush all");
  CHECK(node.world.ping("red", "10.10.0.3"));
}
