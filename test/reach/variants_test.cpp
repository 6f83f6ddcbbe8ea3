// SPDX-License-Identifier: Apache-2.0
// What each option changes of who may reach what, and what it leaves alone.
#include "test/reach/frame.hpp"
#include "test/reach/topology.hpp"
#include "test/reach/usual_cells.hpp"
#include "test/support/catch.hpp"

using namespace patchbay;
using namespace patchbay::test;
using namespace patchbay::test::reach;
using namespace std::chrono_literals;
using nlohmann::json;

#define SKIP_WHAT_IS_LACKING(options) \
  if (const auto reason = lacks(options)) PATCHBAY_SKIP(*reason)

namespace {

// That the node itself answers shows that a silent host port is not a silent way.
Cells controls() {
  return {{"red", "tcp", "192.0.2.1", 22, "node 10.10.0.2"},
          {"blue", "tcp", "192.0.2.1", 22, "node 10.10.0.3"},
          {"lan", "tcp", "192.0.2.1", 22, "node 192.0.2.2"},
          {"remote", "tcp", "192.0.2.1", 22, "node 198.51.100.2"},
          {"far", "tcp", "192.0.2.1", 22, "node 203.0.113.2"},
          {"", "tcp", "127.0.0.1", 22, "node 127.0.0.1"},
          {"", "tcp", "192.0.2.1", 22, "node 192.0.2.1"},
          {"lan", "tcp", "203.0.113.2", 8080, "far 192.0.2.2"},
          {"remote", "tcp", "203.0.113.2", 8080, "far 198.51.100.2"}};
}

}  // namespace

TEST_CASE("snat off: the container sees everybody, and who would answer past the node cannot use the port") {
  Options options{.portmap = {{"snat", false}}};
  options.backend = GENERATE("nftables", "iptables");
  options.bridges_call_netfilter = GENERATE(true, false);
  SKIP_WHAT_IS_LACKING(options);
  INFO(options.backend << (options.bridges_call_netfilter ? ", bridges call netfilter" : ""));
  Node node{options};
  node.attach_all();
  // What a bridge hands to netfilter is translated back on its way between two of its ports.
  const char* sibling = options.bridges_call_netfilter ? "red 10.10.0.3" : "";
  CHECK(deviations(node.world, with(controls(), {{"lan", "tcp", "192.0.2.1", 8080, "red 192.0.2.2"},
                                                 {"remote", "tcp", "192.0.2.1", 8080, "red 198.51.100.2"},
                                                 {"far", "tcp", "192.0.2.1", 8080, "red 203.0.113.2"},
                                                 {"green", "tcp", "192.0.2.1", 8080, "red 10.10.0.1", "by ipMasq"},
                                                 {"blue", "tcp", "192.0.2.1", 8080, sibling},
                                                 {"red", "tcp", "192.0.2.1", 8080, "", "would hear itself"},
                                                 {"", "tcp", "192.0.2.1", 8080, "red 192.0.2.1"},
                                                 {"", "tcp", "127.0.0.1", 8080, ""},
                                                 {"", "tcp", "127.0.0.1", 8082, ""},
                                                 {"", "tcp", "127.0.0.1", 9090, ""}})) == "");
  CHECK(node.world.sh("cat /proc/sys/net/ipv4/conf/*/route_localnet | sort -u") == "0\n");
}

TEST_CASE("masqAll: host ports hide who asks, and nothing else does") {
  Options options{.portmap = {{"masqAll", true}}};
  options.backend = GENERATE("nftables", "iptables");
  SKIP_WHAT_IS_LACKING(options);
  INFO(options.backend);
  Node node{options};
  node.attach_all();
  CHECK(deviations(node.world, with(controls(), {{"lan", "tcp", "192.0.2.1", 8080, "red 10.10.0.1"},
                                                 {"lan", "udp", "192.0.2.1", 5353, "red 10.10.0.1"},
                                                 {"lan", "tcp", "2001:db8::1", 8080, "red fd10::1"},
                                                 {"lan", "tcp", "192.0.2.9", 8081, "red 10.10.0.1"},
                                                 {"remote", "tcp", "192.0.2.1", 8080, "red 10.10.0.1"},
                                                 {"far", "tcp", "203.0.113.1", 9090, "pole 10.30.0.1"},
                                                 {"", "tcp", "192.0.2.1", 8080, "red 10.10.0.1"},
                                                 {"", "tcp", "127.0.0.1", 8080, "red 10.10.0.1"},
                                                 {"red", "tcp", "192.0.2.1", 8080, "red 10.10.0.1"},
                                                 {"blue", "tcp", "192.0.2.1", 8080, "red 10.10.0.1"},
                                                 {"far", "tcp", "10.10.0.2", 80, "red 203.0.113.2", "no host port"},
                                                 {"blue", "tcp", "10.10.0.2", 80, "red 10.10.0.3", "no host port"},
                                                 {"lan", "tcp", "192.0.2.1", 8082, ""}})) == "");
}

TEST_CASE("conditions: the ports are there for who fulfils them") {
  Options options;
  options.backend = GENERATE("nftables", "iptables");
  options.portmap["conditionsV4"] =
      options.backend == "nftables" ? json{"ip", "saddr", "192.0.2.2"} : json{"-s", "192.0.2.2/32"};
  SKIP_WHAT_IS_LACKING(options);
  INFO(options.backend);
  Node node{options};
  node.attach_all();
  CHECK(deviations(node.world, with(controls(), {{"lan", "tcp", "192.0.2.1", 8080, "red 192.0.2.2"},
                                                 {"lan", "tcp", "192.0.2.9", 8081, "red 192.0.2.2"},
                                                 {"lan", "tcp", "192.0.2.1", 9090, "pole 192.0.2.2"},
                                                 {"remote", "tcp", "192.0.2.1", 8080, ""},
                                                 {"far", "tcp", "192.0.2.1", 8080, ""},
                                                 {"red", "tcp", "192.0.2.1", 8080, ""},
                                                 {"blue", "tcp", "192.0.2.1", 8080, ""},
                                                 {"", "tcp", "127.0.0.1", 8080, ""},
                                                 {"", "tcp", "192.0.2.1", 8080, ""},
                                                 {"remote", "tcp", "2001:db8::1", 8080, "red 2001:db8:51::2", "no V6"},
                                                 {"red", "tcp", "2001:db8::1", 8080, "red fd10::1", "no V6"}})) == "");
}

TEST_CASE("without masquerading others see the containers' own addresses; their own ports work all the same") {
  Options options{.masquerade = false};
  options.backend = GENERATE("nftables", "iptables");
  SKIP_WHAT_IS_LACKING(options);
  INFO(options.backend);
  Node node{options};
  node.attach_all();
  CHECK(deviations(node.world, with(controls(), {{"red", "tcp", "203.0.113.2", 80, "far 10.10.0.2"},
                                                 {"red", "tcp", "2001:db8:3::2", 80, "far fd10::2"},
                                                 {"pole", "tcp", "203.0.113.2", 80, "far 10.30.0.2"},
                                                 {"green", "tcp", "10.10.0.2", 80, "red 10.20.0.2"},
                                                 {"green", "tcp", "192.0.2.1", 8080, "red 10.20.0.2"},
                                                 {"pole", "udp", "192.0.2.1", 5353, "red 10.30.0.2"},
                                                 {"red", "tcp", "192.0.2.1", 8080, "red 10.10.0.1", "hairpin"},
                                                 {"blue", "tcp", "192.0.2.1", 8080, "red 10.10.0.1"},
                                                 {"blue", "tcp", "10.10.0.2", 80, "red 10.10.0.3"},
                                                 {"pole", "tcp", "192.0.2.1", 9090, "pole 10.30.0.1", "hairpin"},
                                                 {"red", "tcp", "203.0.113.2", 8080, "far 10.10.0.2", "transit"},
                                                 {"", "tcp", "127.0.0.1", 8080, "red 10.10.0.1"}})) == "");
}

TEST_CASE("hairpinMode and macspoofchk change nothing for who behaves") {
  Options options{.bridge = {{"hairpinMode", true}, {"macspoofchk", true}}};
  options.backend = GENERATE("nftables", "iptables");
  options.bridges_call_netfilter = GENERATE(true, false);
  SKIP_WHAT_IS_LACKING(options);
  INFO(options.backend << (options.bridges_call_netfilter ? ", bridges call netfilter" : ""));
  Node node{options};
  node.attach_all();
  CHECK(deviations(node.world, usual_cells()) == "");
}

TEST_CASE("macspoofchk: frames under a foreign address reach nobody") {
  const bool checked = GENERATE(true, false);
  INFO((checked ? "checked" : "not checked"));
  Node node{{.bridge = {{"macspoofchk", checked}}}};
  node.attach_all();
  const auto own = mac_of(node.world, "red", "eth0"), gateway = mac_of(node.world, "", "cni0"),
             sibling = mac_of(node.world, "blue", "eth0");
  const net::Mac foreign{{2, 0, 0, 0, 0, 0x99}};
  const auto ip = [](const char* text) { return net::Ip::parse(text).value(); };
  const std::vector<std::string> answers = send(node.world, "red",
                                                {{gateway, own, ip("10.10.0.2"), ip("10.10.0.1"), "udp", 123},
                                                 {gateway, foreign, ip("10.10.0.2"), ip("10.10.0.1"), "udp", 123},
                                                 {sibling, own, ip("10.10.0.2"), ip("10.10.0.3"), "tcp", 80},
                                                 {sibling, foreign, ip("10.10.0.2"), ip("10.10.0.3"), "tcp", 80},
                                                 {sibling, sibling, ip("10.10.0.2"), ip("10.10.0.3"), "tcp", 80},
                                                 {gateway, foreign, ip("fd10::2"), ip("fd10::1"), "tcp", 22}},
                                                150ms);
  const std::string node_answers = checked ? "" : "node 10.10.0.2", syn_ack = checked ? "" : "SYN-ACK";
  CHECK(answers[0] == "node 10.10.0.2");
  CHECK(answers[1] == node_answers);
  CHECK(answers[2] == "SYN-ACK");
  CHECK(answers[3] == syn_ack);
  CHECK(answers[4] == "");
  CHECK(answers[5] == syn_ack);
}

// CVE-2019-9946
TEST_CASE("the more specific service of somebody else comes first, whenever it was made") {
  const std::string backend = GENERATE("nftables", "iptables");
  const bool before = GENERATE(true, false);
  const Options options{.backend = backend};
  SKIP_WHAT_IS_LACKING(options);
  INFO(backend << (before ? ", made before" : ", made after"));
  Node node{options};
  const auto make_service = [&] {
    const std::string add = before ? "-A" : "-I";
    node.world.sh(backend == "iptables"
                      ? "iptables-legacy -t nat " + add +
                            " PREROUTING -s 198.51.100.2 -d 192.0.2.1 -p tcp --dport 8080 -j DNAT --to 203.0.113.2:8080"
                      : "nft 'add table ip service; "
                        "add chain ip service pre { type nat hook prerouting priority dstnat; }; add rule ip service "
                        "pre ip saddr 198.51.100.2 ip daddr 192.0.2.1 tcp dport 8080 dnat to 203.0.113.2:8080'");
  };
  if (before) make_service();
  node.attach_all();
  if (!before) make_service();
  CHECK(deviations(node.world, {{"remote", "tcp", "192.0.2.1", 8080, "far 198.51.100.2", "the service"},
                                {"remote", "tcp", "192.0.2.9", 8081, "red 198.51.100.2"},
                                {"lan", "tcp", "192.0.2.1", 8080, "red 192.0.2.2"}}) == "");
}

TEST_CASE("a second owner of a host port is refused, and the first keeps it") {
  Options options;
  options.backend = GENERATE("nftables", "iptables");
  SKIP_WHAT_IS_LACKING(options);
  INFO(options.backend);
  Node node{options};
  node.attach_all();
  for (const char* host_ip : {"", "192.0.2.9", "127.0.0.1"}) {
    INFO("8080 on \"" << host_ip << "\"");
    node.other.port_mappings = {{{"hostPort", 8080}, {"containerPort", 80}, {"protocol", "tcp"}, {"hostIP", host_ip}}};
    const Ran ran = node.other.try_add("late");
    CHECK(ran.exit_code != 0);
    CHECK(ran.json().at("code") == 104);
    node.other.del("late");
  }
  CHECK(deviations(node.world, {{"lan", "tcp", "192.0.2.1", 8080, "red 192.0.2.2"},
                                {"lan", "tcp", "192.0.2.9", 8080, "red 192.0.2.2"},
                                {"", "tcp", "127.0.0.1", 8080, "red 10.10.0.1"}}) == "");
}
