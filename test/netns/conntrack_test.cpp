// SPDX-License-Identifier: Apache-2.0
// Forgetting connections: those that are meant, in both families, and no other.
#include "common/firewall/conntrack.hpp"

#include <algorithm>

#include "test/support/catch.hpp"
#include "test/support/world.hpp"

using namespace patchbay;
using namespace patchbay::firewall;
using test::World;

namespace {

net::Cidr cidr(const std::string& text) { return net::Cidr::parse(text).value(); }
net::Ip ip(const std::string& text) { return net::Ip::parse(text).value(); }

// A node with addresses of its own, and 50 flows in each family that are nobody's business.
struct Node {
  World world;

  Node() {
    world.sh(
        "ip link add node0 type veth peer name far0 && ip link set node0 up && ip link set far0 up && "
        "ip addr add 192.0.2.1/24 dev node0 && ip addr add 192.0.2.9/24 dev node0 && "
        "ip addr add 2001:db8::1/64 dev node0 nodad && ip route add default dev node0");
    // Like ours in one respect or another: port, protocol, or the end that a container may be at.
    world.sh(
        "for i in $(seq 1 50); do port=$((20000 + i));"
        "conntrack -I -p udp -s 198.51.100.$i -d 203.0.113.9 --sport $port --dport 8080 -t 600;"
        "conntrack -I -p udp -s 2001:db8:5::$i -d 2001:db8:6::1 --sport $port --dport 8080 -t 600;"
        "done >/dev/null 2>&1");
    flow("udp", "198.51.100.7", "192.0.2.1", 8081, "-g 10.10.0.2:80");
    unrelated_ = count();
    REQUIRE(unrelated_ == 101);
  }

  // From a client to `to`:`port`; "-g target:port" when it is forwarded.
  void flow(const std::string& protocol, const std::string& from, const std::string& to, int port,
            const std::string& forwarded = {}, const std::string& more = {}) {
    world.sh("conntrack -I -p " + protocol + " -s " + from + " -d " + to + " --sport " + std::to_string(++source_) +
             " --dport " + std::to_string(port) + " " + forwarded +
             (protocol == "tcp" && more.empty() ? " --state SYN_SENT " : " " + more) + " -t 600 2>/dev/null");
  }
  int count() {
    const auto text = world.sh("cat /proc/sys/net/netfilter/nf_conntrack_count");
    return std::stoi(text);
  }
  // Beyond those that must stay.
  int others() { return count() - unrelated_; }

 private:
  int unrelated_ = 0;
  int source_ = 30000;
};

PortForward forward(const std::string& target, std::vector<HostPort> ports) {
  return {.container = cidr(target), .ports = std::move(ports)};
}

constexpr HostPort kTcp{.protocol = Protocol::tcp, .host_port = 8080, .container_port = 80};
constexpr HostPort kUdp{.protocol = Protocol::udp, .host_port = 8080, .container_port = 80};

}  // namespace

TEST_CASE("DEL forgets what was forwarded to the container, by exactly these ports") {
  Node node;
  node.flow("udp", "198.51.100.7", "192.0.2.1", 8080, "-g 10.10.0.2:80");
  node.flow("tcp", "198.51.100.7", "192.0.2.1", 8080, "-g 10.10.0.2:80");
  node.flow("tcp", "198.51.100.7", "192.0.2.1", 8080, "-g 10.10.0.2:80", "--state ESTABLISHED -u ASSURED");
  node.flow("udp", "2001:db8:9::1", "2001:db8::1", 8080, "-g [fd00:10::2]:80");
  CHECK(node.others() == 4);
  node.flow("udp", "198.51.100.7", "192.0.2.1", 8080, "-g 10.10.0.3:80");  // blue's
  node.flow("udp", "198.51.100.7", "192.0.2.1", 8080, "-g 10.10.0.2:81");  // to another port of red
  conntrack::forget_ports({forward("10.10.0.2/24", {kTcp, kUdp}), forward("fd00:10::2/64", {kUdp})}, false);
  CHECK(node.others() == 2);
  conntrack::forget_ports({forward("10.10.0.2/24", {kTcp, kUdp})}, false);
  conntrack::forget_ports({forward("10.10.0.2/24", {})}, false);
  conntrack::forget_ports({}, false);
  CHECK(node.others() == 2);
}

TEST_CASE("ADD forgets what goes to anybody else by the same port of this host") {
  Node node;
  const auto ports = GENERATE(std::vector{kUdp}, std::vector{kTcp, kUdp});
  INFO(ports.size() << " ports");
  node.flow("udp", "198.51.100.7", "192.0.2.1", 8080);                     // from before it was published
  node.flow("udp", "198.51.100.7", "192.0.2.1", 8080, "-g 10.10.0.9:80");  // of an owner that is gone
  node.flow("udp", "198.51.100.7", "127.0.0.1", 8080, "-g 10.10.0.9:80");
  node.flow("udp", "2001:db8:9::1", "2001:db8::1", 8080);
  CHECK(node.others() == 4);
  node.flow("udp", "198.51.100.7", "192.0.2.1", 8080, "-g 10.10.0.2:80");  // goes where it shall go
  node.flow("udp", "10.10.0.2", "198.51.100.1", 8080);                     // to somebody else's port
  node.flow("tcp", "198.51.100.7", "192.0.2.1", 8080, "",
            "--state ESTABLISHED -u ASSURED,SEEN_REPLY");  // our own server's
  conntrack::forget_ports({forward("10.10.0.2/24", ports), forward("fd00:10::2/64", ports)}, true);
  CHECK(node.others() == 3);
  if (ports.size() == 1) return;
  node.flow("tcp", "198.51.100.7", "192.0.2.1", 8080);
  node.flow("tcp", "198.51.100.7", "192.0.2.1", 8080, "-g 10.10.0.9:80", "--state ESTABLISHED -u ASSURED,SEEN_REPLY");
  conntrack::forget_ports({forward("10.10.0.2/24", ports)}, true);
  CHECK(node.others() == 3);
}

TEST_CASE("a mapping of one host address leaves connections to the others alone") {
  Node node;
  HostPort port = kUdp;
  port.host_ip = ip("192.0.2.9");
  node.flow("udp", "198.51.100.7", "192.0.2.9", 8080);
  node.flow("udp", "198.51.100.7", "192.0.2.1", 8080);
  conntrack::forget_ports({forward("10.10.0.2/24", {port})}, true);
  CHECK(node.others() == 1);
}

TEST_CASE("a container's address takes all of its connections with it") {
  Node node;
  node.flow("udp", "10.10.0.5", "198.51.100.1", 53);
  node.flow("tcp", "10.10.0.5", "198.51.100.1", 443, "-n 192.0.2.1", "--state ESTABLISHED");
  node.flow("udp", "198.51.100.1", "10.10.0.5", 80);
  node.flow("udp", "198.51.100.1", "192.0.2.1", 8080, "-g 10.10.0.5:80");
  node.flow("udp", "fd00:10::5", "2001:db8:9::1", 53);
  CHECK(node.others() == 5);
  conntrack::forget_addresses({ip("10.10.0.6")});
  CHECK(node.others() == 5);
  conntrack::forget_addresses({ip("10.10.0.5"), ip("fd00:10::5")});
  CHECK(node.others() == 0);
  conntrack::forget_addresses({});
}

TEST_CASE("nothing is asked where nothing is tracked") {
  World world;
  conntrack::forget_addresses({ip("10.10.0.5")});
  conntrack::forget_ports({forward("10.10.0.2/24", {kUdp})}, true);
  CHECK(world.sh("cat /proc/sys/net/netfilter/nf_conntrack_count") == "0\n");
}

TEST_CASE("among thousands of connections the kernel picks the container's") {
  Node node;
  // Opened by datagrams into nowhere: quicker than one conntrack(8) each.
  node.world.sh(
      "nft 'add table ip track; add chain ip track out { type filter hook output priority 0; }; "
      "add rule ip track out ct state new accept' && ip neigh add 203.0.113.1 lladdr 02:00:00:00:00:02 dev node0");
  node.world.sh(
      "perl -MSocket -e 'socket(S, PF_INET, SOCK_DGRAM, 0); for my $p (1..6000) { "
      "send(S, \"?\", 0, sockaddr_in($p, inet_aton(\"203.0.113.1\"))) }'");
  const int crowd = node.others();
  REQUIRE(crowd > 5000);
  node.flow("udp", "10.10.0.5", "198.51.100.1", 53);
  node.flow("udp", "198.51.100.1", "10.10.0.5", 80);
  node.flow("udp", "198.51.100.1", "192.0.2.1", 8080, "-g 10.10.0.5:80");
  conntrack::forget_addresses({ip("10.10.0.5")});
  CHECK(node.others() == crowd);
}
