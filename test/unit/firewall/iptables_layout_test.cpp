// SPDX-License-Identifier: Apache-2.0
// What the reference suite 1.1.1 was seen to write, in the words of `iptables-legacy -S`.
#include "common/base/error.hpp"
#include "common/firewall/iptables/layout.hpp"
#include "common/firewall/iptables/names.hpp"
#include "test/support/catch.hpp"

using namespace patchbay;
using namespace patchbay::firewall;
using namespace patchbay::firewall::iptables;

namespace {

const Owner kOwner{"netA", "ctrA", "eth0"};

std::vector<std::string> texts(const std::vector<Rule>& rules) {
  std::vector<std::string> lines;
  for (const Rule& rule : rules) lines.push_back(to_text(rule));
  return lines;
}

HostPort port(Protocol protocol, std::uint16_t host, std::uint16_t container, const std::string& ip = {}) {
  return {protocol, host, net::Ip::parse(ip), container};
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("iptables: names and comments of the reference") {
  CHECK(masquerade_chain(kOwner) == "CNI-73746870d6d3195685499f5d");
  CHECK(host_port_chain(kOwner) == "CNI-DN-73746870d6d3195685499");
  CHECK(old_snat_chain(kOwner) == "CNI-SN-73746870d6d3195685499");
  CHECK(masquerade_comment(kOwner) == R"(name: "netA" id: "ctrA")");
  CHECK(host_port_comment(kOwner) == R"(dnat name: "netA" id: "ctrA")");

  CHECK(is_masquerade_chain("CNI-73746870d6d3195685499f5d"));
  CHECK_FALSE(is_masquerade_chain("CNI-DN-73746870d6d3195685499"));
  CHECK_FALSE(is_masquerade_chain("CNI-HOSTPORT-SETMARK"));
  CHECK(is_host_port_chain("CNI-DN-73746870d6d3195685499"));
  CHECK_FALSE(is_host_port_chain("CNI-HOSTPORT-DNAT"));
}

TEST_CASE("iptables: comments are cut as the reference and iptables cut them") {
  const Owner wordy{"net", std::string(300, 'c'), "eth0"};
  CHECK(masquerade_comment(wordy) == R"(name: "net" id: ")" + std::string(238, 'c'));
  CHECK(host_port_comment(wordy) == R"(dnat name: "net" id: ")" + std::string(231, 'c') + "..");
  CHECK(host_port_comment(wordy).size() == 255);
  CHECK_FALSE(parse_host_port_comment(host_port_comment(wordy)));

  // 255 bytes are not cut
  const Owner exact{"net", std::string(232, 'c'), "eth0"};
  CHECK(host_port_comment(exact).size() == 255);
  CHECK(parse_host_port_comment(host_port_comment(exact)) == Owner{"net", exact.container, "*"});
}

TEST_CASE("iptables: a comment tells the network, whole") {
  CHECK(masquerade_comment_is_of("netA", masquerade_comment(kOwner)));
  CHECK_FALSE(masquerade_comment_is_of("net", masquerade_comment(kOwner)));
  CHECK_FALSE(masquerade_comment_is_of("netA", host_port_comment(kOwner)));
  CHECK(host_port_comment_is_of("netA", host_port_comment(kOwner)));
  CHECK_FALSE(host_port_comment_is_of("netAA", host_port_comment(kOwner)));
  const Owner wordy{std::string(260, 'n'), "c", "eth0"};
  CHECK_FALSE(masquerade_comment_is_of(wordy.network, masquerade_comment(wordy)));  // nobody can tell

  CHECK(parse_host_port_comment(host_port_comment(kOwner)) == Owner{"netA", "ctrA", "*"});
  CHECK_FALSE(parse_host_port_comment("dnat name: \"netA\""));
  CHECK_FALSE(parse_host_port_comment("something else"));
  CHECK_FALSE(parse_host_port_comment(""));
}

TEST_CASE("iptables: attachment numbers") {
  CHECK(attachment_number(kOwner) != 0);
  CHECK(attachment_number(kOwner) != attachment_number({"netA", "ctrA", "eth1"}));
  // The reference's chains do not tell these two apart.
  const Owner twin{"net", "ActrA", "eth0"};
  CHECK(masquerade_chain(twin) == masquerade_chain(kOwner));
  CHECK(attachment_number(twin) != attachment_number(kOwner));
}

TEST_CASE("iptables: masquerading rules") {
  const MasqueradeRules v4 = masquerade_rules(kOwner, *net::Cidr::parse("10.10.0.2/24"));
  CHECK(
      texts({v4.accept, v4.masquerade, v4.entry}) ==
      Lines{
          R"(-A CNI-73746870d6d3195685499f5d -d 10.10.0.0/24 -m comment --comment "name: \"netA\" id: \"ctrA\"" -j ACCEPT)",
          R"(-A CNI-73746870d6d3195685499f5d ! -d 224.0.0.0/4 -m comment --comment "name: \"netA\" id: \"ctrA\"" -j MASQUERADE)",
          R"(-A POSTROUTING -s 10.10.0.2/32 -m comment --comment "name: \"netA\" id: \"ctrA\"" -j CNI-73746870d6d3195685499f5d)"});
  const MasqueradeRules v6 = masquerade_rules(kOwner, *net::Cidr::parse("fd00:10::2/64"));
  CHECK(
      texts({v6.accept, v6.masquerade, v6.entry}) ==
      Lines{
          R"(-A CNI-73746870d6d3195685499f5d -d fd00:10::/64 -m comment --comment "name: \"netA\" id: \"ctrA\"" -j ACCEPT)",
          R"(-A CNI-73746870d6d3195685499f5d ! -d ff00::/8 -m comment --comment "name: \"netA\" id: \"ctrA\"" -j MASQUERADE)",
          R"(-A POSTROUTING -s fd00:10::2/128 -m comment --comment "name: \"netA\" id: \"ctrA\"" -j CNI-73746870d6d3195685499f5d)"});
}

TEST_CASE("iptables: host port rules, IPv4, with conditions") {
  const PortForward forward{
      .container = *net::Cidr::parse("10.10.0.2/24"),
      .ports = {port(Protocol::tcp, 8080, 80), port(Protocol::udp, 5353, 53, "10.10.0.1"),
                port(Protocol::sctp, 9999, 99, "0.0.0.0"), port(Protocol::tcp, 8443, 443, "fd00:10::1")},
      .conditions = {{.field = Condition::Field::source, .negated = true, .subnet = *net::Cidr::parse("192.0.2.0/24")},
                     {.field = Condition::Field::in_interface, .interface = "et+"},
                     {.field = Condition::Field::mark, .negated = true, .mark = 5, .mask = 15}}};
  const HostPortRules rules = host_port_rules(kOwner, PortForwards{}, forward);
  CHECK(
      texts(rules.marking) ==
      Lines{
          R"(-A CNI-HOSTPORT-SETMARK -m comment --comment "CNI portfwd masquerade mark" -j MARK --set-xmark 0x2000/0x2000)",
          "-A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE"});
  CHECK(texts(rules.first) ==
        Lines{R"(-A POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ)"});
  CHECK(texts(rules.entrances) == Lines{"-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
                                        "-A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT"});
  const std::string chain = "-A CNI-DN-73746870d6d3195685499";
  CHECK(texts(rules.translations) ==
        Lines{chain + " -s 10.10.0.0/24 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK",
              chain + " -s 127.0.0.1/32 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK",
              chain + " -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.10.0.2:80",
              chain + " -s 10.10.0.0/24 -d 10.10.0.1/32 -p udp -m udp --dport 5353 -j CNI-HOSTPORT-SETMARK",
              chain + " -s 127.0.0.1/32 -d 10.10.0.1/32 -p udp -m udp --dport 5353 -j CNI-HOSTPORT-SETMARK",
              chain + " -d 10.10.0.1/32 -p udp -m udp --dport 5353 -j DNAT --to-destination 10.10.0.2:53",
              chain + " -s 10.10.0.0/24 -p sctp -m sctp --dport 9999 -j CNI-HOSTPORT-SETMARK",
              chain + " -s 127.0.0.1/32 -p sctp -m sctp --dport 9999 -j CNI-HOSTPORT-SETMARK",
              chain + " -p sctp -m sctp --dport 9999 -j DNAT --to-destination 10.10.0.2:99"});
  const auto entry = [](const std::string& protocol, const std::string& ports) {
    return "-A CNI-HOSTPORT-DNAT ! -s 192.0.2.0/24 -i et+ -p " + protocol +
           R"( -m comment --comment "dnat name: \"netA\" id: \"ctrA\"" -m multiport --dports )" + ports +
           " -m mark ! --mark 0x5/0xf -j CNI-DN-73746870d6d3195685499";
  };
  CHECK(texts(rules.entries) == Lines{entry("sctp", "9999"), entry("tcp", "8080,8443"), entry("udp", "5353")});
}

TEST_CASE("iptables: host port rules, IPv6") {
  const PortForward forward{.container = *net::Cidr::parse("fd00:10::2/64"),
                            .ports = {port(Protocol::tcp, 8080, 80), port(Protocol::tcp, 8443, 443, "fd00:10::1"),
                                      port(Protocol::tcp, 8081, 81, "192.0.2.1")}};
  const HostPortRules rules = host_port_rules(kOwner, PortForwards{}, forward);
  const std::string chain = "-A CNI-DN-73746870d6d3195685499";
  CHECK(texts(rules.translations) ==
        Lines{chain + " -s fd00:10::/64 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK",
              chain + " -p tcp -m tcp --dport 8080 -j DNAT --to-destination [fd00:10::2]:80",
              chain + " -s fd00:10::/64 -d fd00:10::1/128 -p tcp -m tcp --dport 8443 -j CNI-HOSTPORT-SETMARK",
              chain + " -d fd00:10::1/128 -p tcp -m tcp --dport 8443 -j DNAT --to-destination [fd00:10::2]:443"});
  CHECK(
      texts(rules.entries) ==
      Lines{
          R"(-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \"netA\" id: \"ctrA\"" -m multiport --dports 8080,8443,8081 -j CNI-DN-73746870d6d3195685499)"});
}

TEST_CASE("iptables: host port options") {
  PortForward forward{.container = *net::Cidr::parse("10.10.0.2/24"), .ports = {port(Protocol::tcp, 8080, 80)}};
  const std::string chain = "-A CNI-DN-73746870d6d3195685499 ";
  const std::string dnat = chain + "-p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.10.0.2:80";

  SECTION("without snat nothing is marked") {
    const HostPortRules rules = host_port_rules(kOwner, {.snat = false}, forward);
    CHECK(rules.marking.empty());
    CHECK(rules.first.empty());
    CHECK(texts(rules.translations) == Lines{dnat});
  }
  SECTION("masqAll marks whatever comes") {
    const HostPortRules rules = host_port_rules(kOwner, {.masquerade_all = true}, forward);
    CHECK(texts(rules.translations) == Lines{chain + "-p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK", dnat});
  }
  SECTION("another chain marks") {
    const HostPortRules rules = host_port_rules(kOwner, {.external_set_mark_chain = "KUBE-MARK-MASQ"}, forward);
    CHECK(rules.marking.empty());
    CHECK(texts(rules.translations).front() == chain + "-s 10.10.0.0/24 -p tcp -m tcp --dport 8080 -j KUBE-MARK-MASQ");
  }
  SECTION("another bit") {
    const HostPortRules rules = host_port_rules(kOwner, {.mark_bit = 31}, forward);
    CHECK(to_text(rules.marking.back()) == "-A CNI-HOSTPORT-MASQ -m mark --mark 0x80000000/0x80000000 -j MASQUERADE");
  }
  SECTION("15 ports to an entry, each mapping once") {
    forward.ports.clear();
    for (std::uint16_t number = 1; number <= 31; ++number) forward.ports.push_back(port(Protocol::tcp, number, number));
    forward.ports.push_back(forward.ports.front());
    const HostPortRules rules = host_port_rules(kOwner, {.snat = false}, forward);
    CHECK(rules.translations.size() == 31);
    REQUIRE(rules.entries.size() == 3);
    CHECK(rules.entries[0].find<Ports>()->ports.size() == 15);
    CHECK(rules.entries[2].find<Ports>()->ports == std::vector<std::uint16_t>{31, 1});
  }
  SECTION("nft's wildcard becomes iptables'") {
    forward.conditions = {{.field = Condition::Field::out_interface, .interface = "eth*"}};
    CHECK(host_port_rules(kOwner, {}, forward).entries.front().out == Interface{"eth+", false});
  }
  SECTION("what a rule cannot hold is refused") {
    const Condition source{.field = Condition::Field::source, .subnet = *net::Cidr::parse("192.0.2.0/24")};
    const Condition in{.field = Condition::Field::in_interface, .interface = "a"};
    forward.conditions = {source, source};
    CHECK_THROWS_AS(host_port_rules(kOwner, {}, forward), Error);
    forward.conditions = {in, in};
    CHECK_THROWS_AS(host_port_rules(kOwner, {}, forward), Error);
  }
  SECTION("no ports, no rules") {
    forward.ports.clear();
    const HostPortRules rules = host_port_rules(kOwner, {}, forward);
    CHECK(rules.marking.empty());
    CHECK(rules.entrances.empty());
    CHECK(rules.entries.empty());
  }
}

TEST_CASE("iptables: comments are quoted as iptables quotes them") {
  const auto text = [](const std::string& comment) {
    return to_text(Rule{.chain = "X", .matches = {Comment{comment}}, .target = Accept{}});
  };
  CHECK(text("plain_1-") == "-A X -m comment --comment plain_1- -j ACCEPT");
  CHECK(text("") == R"(-A X -m comment --comment "" -j ACCEPT)");
  CHECK(text("a'b") == R"(-A X -m comment --comment "a\'b" -j ACCEPT)");
}
