// SPDX-License-Identifier: Apache-2.0
// What is meant for 127.0.0.1 or ::1 is out of reach for neighbours, who send it with the node's MAC:
// host ports (moby#45610) and the node's own services, which route_localnet would let in (CVE-2020-8558).
#include "test/reach/frame.hpp"
#include "test/reach/topology.hpp"
#include "test/support/catch.hpp"

using namespace patchbay;
using namespace patchbay::test;
using namespace patchbay::test::reach;
using namespace std::chrono_literals;

namespace {

constexpr auto kPatience = 150ms;
using Answers = std::vector<std::string>;

// From a neighbour to the node's end of their link, whatever IP address that has.
class Neighbour {
 public:
  Neighbour(Node& node, std::string name, const std::string& node_ifname, const char* v4, const char* v6)
      : node_(node),
        name_(std::move(name)),
        node_mac_(mac_of(node.world, "", node_ifname)),
        own_mac_(mac_of(node.world, name_, "eth0")),
        v4_(net::Ip::parse(v4).value()),
        v6_(net::Ip::parse(v6).value()) {}

  struct Target {
    const char* protocol;
    const char* ip;
    int port;
  };
  Answers send(const std::vector<Target>& targets) {
    std::vector<Frame> frames;
    for (const Target& target : targets) {
      const auto ip = net::Ip::parse(target.ip).value();
      frames.push_back({node_mac_, own_mac_, ip.is_v4() ? v4_ : v6_, ip, target.protocol, target.port});
    }
    return reach::send(node_.world, name_, frames, kPatience);
  }

 private:
  Node& node_;
  std::string name_;
  net::Mac node_mac_, own_mac_;
  net::Ip v4_, v6_;
};

}  // namespace

TEST_CASE("a neighbour on the LAN reaches no host port by the node's loopback addresses") {
  Options options;
  options.backend = GENERATE("nftables", "iptables", "iptables-nft");
  options.portmap["snat"] = GENERATE(true, false);  // translation needs no route_localnet
  if (const auto reason = lacks(options)) PATCHBAY_SKIP(*reason);
  INFO(options.backend << " " << options.portmap);
  Node node{options};
  node.attach_all();
  Neighbour sly{node, "sly", "lan-sly", "198.18.0.2", "2001:db8:5::2"};

  // These frames are good ones: to other addresses they are answered.
  CHECK(sly.send({{"tcp", "198.18.0.1", 8080},
                  {"udp", "198.18.0.1", 5353},
                  {"tcp", "198.18.0.1", 22},
                  {"tcp", "192.0.2.9", 8081},
                  {"tcp", "2001:db8:5::1", 8080},
                  {"udp", "2001:db8:5::1", 5353}}) ==
        Answers{"SYN-ACK", "red 198.18.0.2", "SYN-ACK", "SYN-ACK", "SYN-ACK", "red 2001:db8:5::2"});
  const std::vector<Neighbour::Target> to_loopback = {
      {"tcp", "127.0.0.1", 8082}, {"udp", "127.0.0.1", 5355}, {"tcp", "127.0.0.1", 8080}, {"udp", "127.0.0.1", 5353},
      {"tcp", "127.0.0.1", 9090}, {"tcp", "127.9.9.9", 8080}, {"tcp", "127.0.0.1", 22},   {"udp", "127.0.0.1", 123}};
  CHECK(sly.send(to_loopback) == Answers(8));
  CHECK(sly.send({{"tcp", "::1", 8084}, {"udp", "::1", 5356}, {"tcp", "::1", 8080}, {"tcp", "::1", 22}}) == Answers(4));

  // It is the guard that keeps them off: translation comes before the kernel would see a martian.
  node.remove_localhost_guard();
  CHECK(sly.send(to_loopback) ==
        Answers{"SYN-ACK", "red 198.18.0.2", "SYN-ACK", "red 198.18.0.2", "SYN-ACK", "SYN-ACK", "", ""});
}

TEST_CASE("containers reach nothing of the node by its loopback addresses") {
  Options options;
  options.backend = GENERATE("nftables", "iptables", "iptables-nft");
  if (const auto reason = lacks(options)) PATCHBAY_SKIP(*reason);
  INFO(options.backend);
  Node node{options};
  node.attach_all();
  Neighbour blue{node, "blue", "cni0", "10.10.0.3", "fd10::3"};
  Neighbour pole{node, "pole", node.cable.host_end("pole"), "10.30.0.2", "fd30::2"};
  const std::vector<Neighbour::Target> to_loopback = {
      {"tcp", "127.0.0.1", 22}, {"udp", "127.0.0.1", 123}, {"tcp", "127.0.0.1", 8082}, {"udp", "127.0.0.1", 5355}};

  CHECK(blue.send({{"tcp", "10.10.0.1", 22}, {"udp", "10.10.0.1", 123}, {"tcp", "fd10::1", 22}}) ==
        Answers{"SYN-ACK", "node 10.10.0.3", "SYN-ACK"});
  CHECK(pole.send({{"tcp", "10.30.0.1", 22}, {"udp", "10.30.0.1", 123}, {"tcp", "fd30::1", 22}}) ==
        Answers{"SYN-ACK", "node 10.30.0.2", "SYN-ACK"});
  CHECK(blue.send(to_loopback) == Answers(4));
  CHECK(pole.send(to_loopback) == Answers(4));
  const std::vector<Neighbour::Target> to_loopback6 = {{"tcp", "::1", 22}, {"tcp", "::1", 8084}, {"udp", "::1", 5356}};
  CHECK(blue.send(to_loopback6) == Answers(3));
  CHECK(pole.send(to_loopback6) == Answers(3));

  // route_localnet is on where containers are, and nowhere else.
  CHECK(node.world.sh("cd /proc/sys/net/ipv4/conf; grep -l 1 */route_localnet") ==
        "cni0/route_localnet\ncni1/route_localnet\n" + node.cable.host_end("pole") + "/route_localnet\n");
  node.remove_localhost_guard();
  CHECK(blue.send(to_loopback)[0] == "SYN-ACK");
  CHECK(pole.send(to_loopback)[1] == "node 10.30.0.2");
  // A bridge that calls netfilter has translated before IPv6 itself would drop what is for ::1.
  CHECK(blue.send(to_loopback6) == Answers{"", "SYN-ACK", "red fd10::1"});
}
