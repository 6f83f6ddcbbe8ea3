// SPDX-License-Identifier: Apache-2.0
#include "test/reach/topology.hpp"

#include <filesystem>

namespace patchbay::test::reach {

namespace {

using nlohmann::json;

constexpr const char* kCallsNetfilter = "/proc/sys/net/bridge/bridge-nf-call-ip";

json mapping(int host_port, int container_port, const std::string& protocol, const std::string& host_ip = {}) {
  json port{{"hostPort", host_port}, {"containerPort", container_port}, {"protocol", protocol}};
  if (!host_ip.empty()) port["hostIP"] = host_ip;
  return port;
}

json ports_of_red() {
  return {mapping(8080, 80, "tcp"),
          mapping(5353, 53, "udp"),
          mapping(8081, 80, "tcp", "192.0.2.9"),
          mapping(5354, 53, "udp", "192.0.2.9"),
          mapping(8082, 80, "tcp", "127.0.0.1"),
          mapping(5355, 53, "udp", "127.0.0.1"),
          mapping(8083, 80, "tcp", "2001:db8::9"),
          mapping(8084, 80, "tcp", "::1"),
          mapping(5356, 53, "udp", "::1"),
          mapping(8085, 80, "tcp", "203.0.113.2")};
}

std::vector<json> plugins(const Options& options, json main, int number) {
  const std::string backend = options.backend == "iptables-nft" ? "iptables" : options.backend;
  const std::string v4 = "10." + std::to_string(number) + ".0.0/24", v6 = "fd" + std::to_string(number) + "::/64";
  main.update({{"ipMasq", options.masquerade},
               {"ipMasqBackend", backend},
               {"ipam",
                {{"type", "host-local"},
                 {"ranges", {{{{"subnet", v4}}}, {{{"subnet", v6}}}}},
                 {"routes", {{{"dst", "0.0.0.0/0"}}, {{"dst", "::/0"}}}}}}});
  json portmap{{"type", "portmap"}, {"backend", backend}, {"capabilities", {{"portMappings", true}}}};
  portmap.update(options.portmap);
  return {std::move(main), std::move(portmap)};
}

json bridge(const Options& options, const std::string& name) {
  json main{{"type", "bridge"}, {"bridge", name}, {"isGateway", true}};
  main.update(options.bridge);
  return main;
}

void make_neighbours(World& world) {
  world.lan("lan", "192.0.2.1/24", "192.0.2.2/24");
  world.lan("lan", "2001:db8::1/64", "2001:db8::2/64");
  world.lan("far", "203.0.113.1/24", "203.0.113.2/24");
  world.lan("far", "2001:db8:3::1/64", "2001:db8:3::2/64");
  world.lan("sly", "198.18.0.1/24", "198.18.0.2/24");
  world.lan("sly", "2001:db8:5::1/64", "2001:db8:5::2/64");
  world.netns("remote");
  world.sh(
      "ip addr add 192.0.2.9/24 dev lan-lan && ip addr add 2001:db8::9/64 dev lan-lan nodad preferred_lft 0 && "
      "ip route add default via 192.0.2.2 && ip -6 route add default via 2001:db8::2");
  world.sh_in("lan",
              "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.accept_dad=0 && "
              "ip link add behind type veth peer name eth0 netns remote && ip link set dev behind up && "
              "ip addr add 198.51.100.1/24 dev behind && ip addr add 2001:db8:51::1/64 dev behind nodad && "
              "ip route add 203.0.113.0/24 via 192.0.2.1 && ip -6 route add 2001:db8:3::/64 via 2001:db8::1");
  world.sh_in("remote",
              "sysctl -qw net.ipv6.conf.eth0.accept_dad=0 && ip link set eth0 up && "
              "ip addr add 198.51.100.2/24 dev eth0 && ip addr add 2001:db8:51::2/64 dev eth0 nodad && "
              "ip route add default via 198.51.100.1 && ip -6 route add default via 2001:db8:51::1");
  world.sh_in("far", "ip route add default via 203.0.113.1 && ip -6 route add default via 2001:db8:3::1");
}

void set_bridges_call_netfilter(World& world, bool on) {
  for (const char* family : {"", "6"}) {
    const std::string setting = kCallsNetfilter + std::string{family} + "tables";
    if (std::filesystem::exists(setting)) world.sh("echo " + std::to_string(on) + " > " + setting);
  }
}

}  // namespace

std::optional<std::string> lacks(const Options& options) {
  if (options.backend == "iptables") return lacks_legacy_iptables();
  return std::nullopt;
}

Node::Node(const Options& options)
    : backend(world.prepare_for(options.backend)),
      net(world, plugins(options, bridge(options, "cni0"), 10), "net"),
      other(world, plugins(options, bridge(options, "cni1"), 20), "other"),
      cable(world, plugins(options, {{"type", "ptp"}}, 30), "cable") {
  make_neighbours(world);
  set_bridges_call_netfilter(world, options.bridges_call_netfilter);
}

void Node::attach_all() {
  net.port_mappings = ports_of_red();
  net.add("red");
  net.port_mappings = json::array();
  net.add("blue");
  other.port_mappings = json::array({mapping(7070, 80, "tcp")});
  other.add("green");
  cable.port_mappings = {mapping(9090, 80, "tcp"), mapping(9053, 53, "udp")};
  cable.add("pole");
  for (const std::string name : {"red", "blue", "green", "pole", "far", "lan", "remote"})
    world.serve(name, "tcp", 80, name);
  for (const std::string name : {"red", "pole"}) world.serve(name, "udp", 53, name);
  world.serve("red", "tcp", 81, "red");
  for (const int port : {8080, 8085}) world.serve("far", "tcp", port, "far");
  world.serve("far", "udp", 5353, "far");
  for (const int port : {22, 8081}) world.serve("", "tcp", port, "node");
  world.serve("", "udp", 123, "node");
}

void Node::set_rp_filter(int value) {
  world.sh("for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo " + std::to_string(value) + " > $f; done");
}

void Node::remove_localhost_guard() {
  world.sh(backend == "nftables" ? "nft flush chain inet patchbay localhost_guard"
                                 : "iptables -t raw -F && ip6tables -t raw -F");
}

}  // namespace patchbay::test::reach
