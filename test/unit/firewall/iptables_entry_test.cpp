// SPDX-License-Identifier: Apache-2.0
// Bytes of entries, as iptables-legacy 1.8.9 was seen to write them.
#include <algorithm>
#include <cstring>

#include "common/base/error.hpp"
#include "common/firewall/iptables/entry.hpp"
#include "common/firewall/iptables/layout.hpp"
#include "test/support/catch.hpp"

using namespace patchbay;
using namespace patchbay::firewall;
using namespace patchbay::firewall::iptables;

namespace {

constexpr std::size_t kHeader4 = 112, kHeader6 = 168;  // struct ipt_entry, struct ip6t_entry
constexpr std::size_t kIp4 = 84, kIp6 = 136;           // struct ipt_ip, struct ip6t_ip6

std::string hex(const Bytes& bytes, std::size_t from, std::size_t count) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = from; i < from + count && i < bytes.size(); ++i) {
    text += kDigits[bytes[i] >> 4U];
    text += kDigits[bytes[i] & 15U];
  }
  return text;
}

std::string zeros(std::size_t bytes) { return std::string(2 * bytes, '0'); }

// Name and revision of the match or target at `at`.
std::string named(const Bytes& bytes, std::size_t at) {
  const char* name = reinterpret_cast<const char*>(bytes.data()) + at + 2;
  return std::string{name, strnlen(name, 29)} + " " + std::to_string(bytes[at + 31]);
}

std::uint16_t size_at(const Bytes& bytes, std::size_t at) {
  std::uint16_t size = 0;
  std::memcpy(&size, bytes.data() + at, sizeof size);
  return size;
}

Rule round(net::Family family, const Rule& rule) {
  const std::string target = rule.jump() != nullptr                        ? *rule.jump()
                             : std::holds_alternative<Accept>(rule.target) ? "ACCEPT"
                                                                           : "?";
  return decode(family, rule.chain, encode(family, rule).data(), target, target != "?");
}

const Subnet kSource{*net::Cidr::parse("10.10.0.0/24")};

}  // namespace

TEST_CASE("iptables entry: IPv4 header") {
  const Rule rule{.chain = "X",
                  .source = Subnet{*net::Cidr::parse("192.0.2.0/24"), true},
                  .in = Interface{"et+"},
                  .protocol = 6,
                  .target = Accept{},
                  .attachment = 0x01020304};
  const Bytes bytes = encode(net::Family::v4, rule);
  CHECK(hex(bytes, 0, kIp4) ==
        "c000020000000000ffffff000000000065742b0000000000000000000000000000000000000000000000000000000000"
        "ffff000000000000000000000000000000000000000000000000000000000000060000"
        "08");
  CHECK(hex(bytes, kIp4, 4) == "04030201");      // nfcache
  CHECK(hex(bytes, kIp4 + 4, 4) == "70009800");  // target_offset 112, next_offset 152
  CHECK(bytes.size() == 152);
  CHECK(named(bytes, kHeader4) == "ACCEPT 0");
  CHECK(size_at(bytes, kHeader4) == 40);
}

TEST_CASE("iptables entry: IPv6 header") {
  const Rule rule{.chain = "X",
                  .destination = Subnet{*net::Cidr::parse("2001:db8::/32")},
                  .out = Interface{"eth0", true},
                  .protocol = 132,
                  .target = Accept{}};
  const Bytes bytes = encode(net::Family::v6, rule);
  CHECK(hex(bytes, 0, kIp6) == zeros(16) + "20010db8" + zeros(12) + zeros(16) + "ffffffff" + zeros(12) + zeros(16) +
                                   "65746830" + zeros(12) + zeros(16) + "ffffffffff" + zeros(11) +
                                   "84000001"
                                   "02000000");
  CHECK(bytes.size() == kHeader6 + 40);
}

TEST_CASE("iptables entry: matches and targets, byte for byte") {
  const auto encoded = [](const Match& match, std::uint8_t protocol = 0) {
    const Bytes bytes =
        encode(net::Family::v4, Rule{.chain = "X", .protocol = protocol, .matches = {match}, .target = Accept{}});
    return named(bytes, kHeader4) + " " + hex(bytes, kHeader4 + 32, size_at(bytes, kHeader4) - 32U);
  };
  CHECK(encoded(LocalDestination{}) == "addrtype 1 0000040000000000");
  CHECK(encoded(Comment{"ab"}) == "comment 0 6162" + zeros(254));
  CHECK(encoded(Ports{{8080, 8443}}) == "multiport 1 0102901ffb20" + zeros(42));
  CHECK(encoded(Mark{5, 15, true}) == "mark 1 050000000f0000000100000000000000");
  CHECK(encoded(Established{}) == "conntrack 3 " + zeros(146) + "0100000006000000" + zeros(14));
  CHECK(encoded(Translated{}) == "conntrack 3 " + zeros(146) + "0100000080000000" + zeros(14));
  CHECK(encoded(DestinationPort{8080}, 6) == "tcp 0 0000ffff901f901f0000000000000000");
  CHECK(encoded(DestinationPort{5353}, 17) == "udp 0 0000ffffe914e9140000000000000000");
  CHECK(encoded(DestinationPort{9999}, 132) ==
        "sctp 0 0f270f27" + zeros(264) + "ff0000ff0000ff0000ff0000" + zeros(4) + "020000000000000000000000");

  const auto target = [](net::Family family, const Target& wanted) {
    const Bytes bytes = encode(family, Rule{.chain = "X", .target = wanted});
    const std::size_t at = family == net::Family::v4 ? kHeader4 : kHeader6;
    return named(bytes, at) + " " + hex(bytes, at + 32, size_at(bytes, at) - 32U);
  };
  CHECK(target(net::Family::v4, Jump{"CNI-HOSTPORT-MASQ"}) == "CNI-HOSTPORT-MASQ 0 0000000000000000");
  CHECK(target(net::Family::v4, Return{}) == "RETURN 0 0000000000000000");
  CHECK(target(net::Family::v4, MasqueradeTarget{}) == "MASQUERADE 0 01000000" + zeros(20));
  CHECK(target(net::Family::v6, MasqueradeTarget{}) == "MASQUERADE 0 " + zeros(40));
  CHECK(target(net::Family::v4, SetMark{0x2000, 0x2000}) == "MARK 2 0020000000200000");
  CHECK(target(net::Family::v4, Dnat{*net::Ip::parse("10.10.0.2"), 80}) == "DNAT 2 030000000a0a0002" + zeros(12) +
                                                                               "0a0a0002" + zeros(12) +
                                                                               "0050005000000000"
                                                                               "00000000");
  CHECK(target(net::Family::v6, Dnat{*net::Ip::parse("fd00:10::2"), 443}) ==
        "DNAT 2 03000000fd000010000000000000000000000002fd00001000000000000000000000000201bb01bb0000000000000000");
}

TEST_CASE("iptables entry: what is encoded is decoded") {
  const Owner owner{"netA", "ctrA", "eth0"};
  PortForwards options;
  PortForward forward{
      .container = *net::Cidr::parse("10.10.0.2/24"),
      .ports = {{Protocol::tcp, 8080, net::Ip::parse("192.0.2.1"), 80},
                {Protocol::udp, 53, std::nullopt, 53},
                {Protocol::sctp, 9, std::nullopt, 9}},
      .conditions = {{.field = Condition::Field::source, .negated = true, .subnet = *net::Cidr::parse("0.0.0.0/0")},
                     {.field = Condition::Field::in_interface, .negated = true, .interface = "fifteen-letters"},
                     {.field = Condition::Field::out_interface, .interface = "+"},
                     {.field = Condition::Field::mark, .mark = 7}}};
  std::vector<Rule> rules;
  const auto gather = [&](const net::Cidr& address) {
    forward.container = address;
    const HostPortRules ports = host_port_rules(owner, options, forward);
    const MasqueradeRules masquerade = masquerade_rules(owner, address);
    rules = {masquerade.accept, masquerade.masquerade, masquerade.entry};
    for (const auto& some : {ports.marking, ports.first, ports.entrances, ports.translations, ports.entries})
      rules.insert(rules.end(), some.begin(), some.end());
  };
  gather(*net::Cidr::parse("10.10.0.2/24"));
  CHECK(rules.size() == 3 + 2 + 1 + 2 + 9 + 3);
  for (const Rule& rule : rules) {
    const Rule again = round(net::Family::v4, rule);
    INFO(to_text(rule) << "\n" << to_text(again));
    CHECK(again == rule);
    CHECK(again.attachment == rule.attachment);
  }
  forward.conditions.front().subnet = *net::Cidr::parse("2001:db8::/32");
  forward.ports.front().host_ip = net::Ip::parse("2001:db8::1");
  gather(*net::Cidr::parse("fd00::2/64"));
  for (const Rule& rule : rules) CHECK(round(net::Family::v6, rule) == rule);
}

TEST_CASE("iptables entry: what there is no word for is foreign, and equal to nothing") {
  const Rule rule{.chain = "X", .source = kSource, .protocol = 6, .matches = {DestinationPort{80}}, .target = Accept{}};
  const Bytes whole = encode(net::Family::v4, rule);
  const auto with = [&](std::size_t at, unsigned char value) {
    Bytes bytes = whole;
    bytes.at(at) = value;
    return decode(net::Family::v4, "X", bytes.data(), "ACCEPT", true);
  };
  CHECK(with(0, 10) == rule);        // nothing changed
  CHECK_FALSE(with(11, 1) == rule);  // mask 255.255.255.1
  CHECK(with(11, 1).find<Foreign>() != nullptr);
  CHECK(with(82, 1).find<Foreign>() != nullptr);                 // fragments only
  CHECK(with(83, 0x40).find<Foreign>() != nullptr);              // not this protocol
  CHECK(with(kHeader4 + 31, 7).find<Foreign>()->name == "tcp");  // another revision
  CHECK(with(kHeader4 + 32, 1).find<Foreign>() != nullptr);      // a source port
  CHECK(with(kHeader4 + 32 + 6, 0).find<Foreign>() != nullptr);  // a range of ports
  CHECK(with(kHeader4 + 32 + 8, 1).find<Foreign>() != nullptr);  // a TCP option
  CHECK_FALSE(with(kHeader4, 8) == rule);                        // a match that ends before it begins
  CHECK_FALSE(with(kHeader4 + 1, 0xFF) == rule);                 // a match that ends beyond the entry

  Bytes states = encode(net::Family::v4, Rule{.chain = "X", .matches = {Established{}}, .target = Accept{}});
  const auto read = [&] { return decode(net::Family::v4, "X", states.data(), "ACCEPT", true); };
  CHECK(read().find<Established>() != nullptr);
  states.at(kHeader4 + 32 + 150) = 0x0E;  // NEW as well
  CHECK(read().find<Foreign>() != nullptr);
  states.at(kHeader4 + 32 + 150) = 0x80;
  CHECK(read().find<Translated>() != nullptr);
  states.at(kHeader4 + 32 + 150) = 0x06;
  states.at(kHeader4 + 32 + 148) = 0x01;  // ! --ctstate
  CHECK(read().find<Foreign>() != nullptr);

  const auto target = [&](std::string_view name, bool standard) {
    return decode(net::Family::v4, "X", whole.data(), name, standard).target;
  };
  CHECK(target("RETURN", true) == Target{Return{}});
  CHECK(std::holds_alternative<Foreign>(target("", true)));
  CHECK(std::holds_alternative<Foreign>(target("LOG", false)));
  CHECK(target("CHAIN", true) == Target{Jump{"CHAIN"}});
}

TEST_CASE("iptables entry: an IPv4-mapped subnet is no IPv4 subnet") {
  const Rule rule{.chain = "X", .source = Subnet{*net::Cidr::parse("fd00::1/128")}, .target = Accept{}};
  Bytes bytes = encode(net::Family::v6, rule);
  CHECK(decode(net::Family::v6, "X", bytes.data(), "ACCEPT", true) == rule);
  const Bytes mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 1};  // the entry begins with the source
  std::copy(mapped.begin(), mapped.end(), bytes.begin());
  const Rule read = decode(net::Family::v6, "X", bytes.data(), "ACCEPT", true);
  CHECK_FALSE(read.source);
  CHECK(read.find<Foreign>() != nullptr);
}

TEST_CASE("iptables entry: DNAT as older iptables wrote it") {
  Bytes bytes = encode(net::Family::v4, Rule{.chain = "X", .target = Dnat{*net::Ip::parse("192.0.2.9"), 80}});
  const auto decoded = [&] { return decode(net::Family::v4, "X", bytes.data(), "DNAT", false).target; };
  const Target wanted = Dnat{*net::Ip::parse("192.0.2.9"), 80};
  CHECK(decoded() == wanted);
  bytes[kHeader4 + 31] = 1;
  CHECK(decoded() == wanted);
  // revision 0: rangesize, flags, min, max, ports
  bytes[kHeader4 + 31] = 0;
  const Bytes old = {1, 0, 0, 0, 3, 0, 0, 0, 192, 0, 2, 9, 192, 0, 2, 9, 0, 80, 0, 80};
  std::copy(old.begin(), old.end(), bytes.begin() + kHeader4 + 32);
  CHECK(decoded() == wanted);
  bytes[kHeader4 + 32 + 15] = 10;  // a range of addresses
  CHECK(std::holds_alternative<Foreign>(decoded()));
}

TEST_CASE("iptables entry: what does not fit is refused") {
  CHECK_THROWS_AS(encode(net::Family::v4, Rule{.chain = "X", .target = Jump{std::string(29, 'x')}}), Error);
  CHECK_THROWS_AS(
      encode(net::Family::v4, Rule{.chain = "X", .matches = {Comment{std::string(256, 'x')}}, .target = Accept{}}),
      Error);
  CHECK_THROWS_AS(encode(net::Family::v4, Rule{.chain = "X", .in = Interface{"sixteen-letters-"}, .target = Accept{}}),
                  Error);
  CHECK_THROWS_AS(encode(net::Family::v4, Rule{.chain = "X", .matches = {DestinationPort{1}}, .target = Accept{}}),
                  Error);
  CHECK_THROWS_AS(encode(net::Family::v4, Rule{.chain = "X", .target = Foreign{"LOG"}}), Error);
}
