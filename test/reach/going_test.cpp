// SPDX-License-Identifier: Apache-2.0
// A container goes: what was under way to it goes nowhere else, and nobody else's connection is lost.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "common/os/unique_fd.hpp"
#include "test/reach/probe.hpp"
#include "test/reach/topology.hpp"
#include "test/support/catch.hpp"
#include "test/support/process.hpp"
#include "test/support/server.hpp"

using namespace patchbay;
using namespace patchbay::test;
using namespace patchbay::test::reach;
using namespace std::chrono_literals;

namespace {

sockaddr_in address(const char* ip, int port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  if (inet_pton(AF_INET, ip, &to.sin_addr) != 1) throw std::runtime_error{ip};
  return to;
}

os::UniqueFd connected(World& world, const std::string& from, const std::string& protocol, const sockaddr_in& to) {
  os::UniqueFd socket;
  world.in(from, [&] { socket.reset(open_socket(AF_INET, protocol)); });
  std::ignore = connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to);
  return socket;
}

// Packets to containers' addresses that the node sent to its default gateway instead.
class Strays {
 public:
  explicit Strays(World& world) : world_(world) {
    world_.sh_in("lan",
                 "nft 'add table inet watch; add counter inet watch strays; "
                 "add chain inet watch pre { type filter hook prerouting priority raw; }; "
                 "add rule inet watch pre ip daddr 10.0.0.0/8 counter name strays drop'");
  }
  int count() {
    return std::stoi(
        world_.sh_in("lan", "nft list counter inet watch strays | sed -n 's/.*packets \\([0-9]*\\).*/\\1/p'"));
  }

 private:
  World& world_;
};

// Knocks at pole's host ports as fast as it can, until it is told to stop.
class Knocking {
 public:
  explicit Knocking(World& world) : thread_([this, &world] { knock(world); }) {}
  ~Knocking() {
    stop_ = true;
    thread_.join();
  }

 private:
  void knock(World& world) {
    const auto dns = connected(world, "far", "udp", address("203.0.113.1", 9053));
    while (!stop_) {
      std::ignore = ::send(dns.get(), "?", 1, 0);
      for (const int port : {9090, 7070, 8080}) connected(world, "far", "tcp", address("203.0.113.1", port));
      std::this_thread::sleep_for(100us);
    }
  }
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace

TEST_CASE("packets to the host port of a container that goes leave the node for nowhere") {
  Options options;
  options.backend = GENERATE("nftables", "iptables");
  if (const auto reason = lacks(options)) PATCHBAY_SKIP(*reason);
  INFO(options.backend);
  Node node{options};
  node.attach_all();
  Strays strays{node.world};
  std::ignore = ask(node.world, {{"", "udp", "10.99.0.1", 9}}, 1ms);
  REQUIRE(strays.count() == 1);  // this is where they would go
  {
    // Known to conntrack, and of a container over TCP alone: it outlives the rules.
    const auto open = connected(node.world, "far", "tcp", address("203.0.113.1", 7070));
    std::this_thread::sleep_for(20ms);
    const Knocking knocking{node.world};
    std::this_thread::sleep_for(20ms);
    node.cable.del("pole");
    node.other.del("green");
    node.net.del("red");
    for (int i = 0; i < 10; ++i) {
      std::ignore = ::send(open.get(), "?", 1, MSG_NOSIGNAL);
      std::this_thread::sleep_for(5ms);
    }
  }
  CHECK(strays.count() == 1);
}

TEST_CASE("DEL forgets the connections of its UDP host ports, and none of a thousand others") {
  Options options;
  options.backend = GENERATE("nftables", "iptables");
  if (const auto reason = lacks(options)) PATCHBAY_SKIP(*reason);
  INFO(options.backend);
  Node node{options};
  node.attach_all();
  const auto count = [&](const std::string& which) {
    return std::stoi(node.world.sh("conntrack -L -p udp " + which + " 2>/dev/null | wc -l"));
  };
  const auto others = connected(node.world, "far", "udp", address("203.0.113.1", 9));
  for (int port = 20000; port < 21000; ++port) {
    const auto to = address("192.0.2.2", port);
    REQUIRE(sendto(others.get(), "?", 1, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 1);
  }
  const std::string unrelated = "-s 203.0.113.2 -d 192.0.2.2", to_red = "--reply-src 10.10.0.2";
  REQUIRE(count(unrelated) == 1000);
  CHECK(ask(node.world, {{"far", "udp", "203.0.113.1", 5353}, {"far", "udp", "203.0.113.1", 9053}}, 1500ms) ==
        std::vector<std::string>{"red 203.0.113.2", "pole 203.0.113.2"});
  CHECK(count(to_red) == 1);
  node.net.del("red");
  CHECK(count(to_red) == 0);
  CHECK(count("--reply-src 10.30.0.2") == 1);
  CHECK(count(unrelated) == 1000);
}
