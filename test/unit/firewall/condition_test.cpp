// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/condition.hpp"

#include "common/base/error.hpp"
#include "test/support/catch.hpp"

using namespace patchbay;
using namespace patchbay::firewall;
using Field = Condition::Field;
using Words = std::vector<std::string>;

namespace {

Condition subnet(Field field, const std::string& cidr, bool negated = false) {
  return {.field = field, .negated = negated, .subnet = *net::Cidr::parse(cidr)};
}
Condition interface(Field field, const std::string& name, bool negated = false) {
  return {.field = field, .negated = negated, .interface = name};
}
Condition mark(std::uint32_t value, std::uint32_t mask = 0xFFFFFFFF, bool negated = false) {
  return {.field = Field::mark, .negated = negated, .mark = value, .mask = mask};
}

}  // namespace

TEST_CASE("conditions: the first word tells the syntax") {
  CHECK(syntax_of({"-s", "192.0.2.1"}) == Syntax::iptables);
  CHECK(syntax_of({"!", "-s", "192.0.2.1"}) == Syntax::iptables);
  CHECK(syntax_of({"! -s 192.0.2.1"}) == Syntax::iptables);
  CHECK(syntax_of({"ip", "saddr", "192.0.2.1"}) == Syntax::nft);
  CHECK(syntax_of({}) == Syntax::nft);
}

TEST_CASE("conditions: what is understood") {
  struct Case {
    Words words;
    net::Family family;
    std::vector<Condition> conditions;
  };
  const auto v4 = net::Family::v4;
  const auto v6 = net::Family::v6;
  const std::vector<Case> cases = {
      {{}, v4, {}},
      // iptables
      {{"-s", "192.0.2.0/24"}, v4, {subnet(Field::source, "192.0.2.0/24")}},
      {{"!", "-d", "192.0.2.7/24"}, v4, {subnet(Field::destination, "192.0.2.0/24", true)}},
      {{"-s192.0.2.1"}, v4, {subnet(Field::source, "192.0.2.1/32")}},
      {{"--source=192.0.2.1"}, v4, {subnet(Field::source, "192.0.2.1/32")}},
      {{"--destination", "2001:db8::/32"}, v6, {subnet(Field::destination, "2001:db8::/32")}},
      {{"--src", "::1", "--dst", "::2"}, v6, {subnet(Field::source, "::1/128"), subnet(Field::destination, "::2/128")}},
      {{"! -s 192.0.2.0/24 -i eth+"},
       v4,
       {subnet(Field::source, "192.0.2.0/24", true), interface(Field::in_interface, "eth+")}},
      {{"-ieth0", "!", "-o", "br0"},
       v4,
       {interface(Field::in_interface, "eth0"), interface(Field::out_interface, "br0", true)}},
      {{"--in-interface=a", "--out-interface", "b"},
       v4,
       {interface(Field::in_interface, "a"), interface(Field::out_interface, "b")}},
      {{"-m", "mark", "--mark", "0x5/0xf"}, v4, {mark(5, 15)}},
      {{"-mmark", "!", "--mark=010"}, v4, {mark(8, 0xFFFFFFFF, true)}},
      {{"-m", "mark", "--mark", "1", "-m", "mark", "--mark", "2"}, v4, {mark(1), mark(2)}},
      // nft
      {{"ip", "saddr", "!=", "192.0.2.0/24"}, v4, {subnet(Field::source, "192.0.2.0/24", true)}},
      {{"ip saddr == 192.0.2.1", "ip daddr 198.51.100.0/24"},
       v4,
       {subnet(Field::source, "192.0.2.1/32"), subnet(Field::destination, "198.51.100.0/24")}},
      {{"ip6", "daddr", "2001:db8::/32"}, v6, {subnet(Field::destination, "2001:db8::/32")}},
      {{"iifname", "\"eth*\""}, v4, {interface(Field::in_interface, "eth*")}},
      {{"meta", "oifname", "!=", "br0"}, v4, {interface(Field::out_interface, "br0", true)}},
      {{"meta", "mark", "0x2000"}, v6, {mark(0x2000)}},
      {{"meta mark != 7"}, v6, {mark(7, 0xFFFFFFFF, true)}},
  };
  for (const Case& test : cases) {
    INFO((test.words.empty() ? "" : test.words.front()));
    CHECK(parse_conditions(test.words, test.family, "/x") == test.conditions);
  }
}

TEST_CASE("conditions: what is not understood is refused, with what is") {
  const std::vector<Words> cases = {
      {"-s"},
      {"!"},
      {"-s", "192.0.2.0/33"},
      {"-s", "2001:db8::/32"},  // of the other family
      {"-s", "192.0.2.1,192.0.2.2"},
      {"-s", "!", "192.0.2.1"},
      {"-s", "192.0.2.1", "-s", "192.0.2.2"},
      {"-i", "sixteen-letters-"},
      {"-i", "a/b"},
      {"-p", "tcp"},
      {"-m", "conntrack", "--ctstate", "NEW"},
      {"-m", "mark"},
      {"--mark", "1"},
      {"-m", "mark", "--mark5"},
      {"-m", "mark", "--mark", "1", "--mark", "2"},
      {"!", "-m", "mark", "--mark", "1"},
      {"-m", "mark", "--mark", "0x100000000"},
      {"-m", "mark", "--mark", "5/"},
      {"-m", "mark", "--mark", "09"},
      {"-j", "ACCEPT"},
      {"-a", "b"},
      {"ip6", "saddr", "2001:db8::/32"},  // of the other family
      {"ip", "saddr", "{", "192.0.2.1", "}"},
      {"ip", "protocol", "tcp"},
      {"ip", "saddr"},
      {"ip", "saddr", "!=", "!="},
      {"tcp", "dport", "80"},
      {"meta", "l4proto", "tcp"},
      {"mark", "5"},
      {"192.0.2.1"},
  };
  for (const Words& words : cases) {
    std::string all;
    for (const std::string& word : words) all += word + " ";
    INFO(all);
    try {
      parse_conditions(words, net::Family::v4, "/conditionsV4");
      FAIL_CHECK("accepted");
    } catch (const Error& error) {
      CHECK(error.code() == Code::invalid_config);
      CHECK(error.pointer() == "/conditionsV4");
      CHECK(error.details().find(syntax_of(words) == Syntax::iptables ? "--mark" : "saddr") != std::string::npos);
    }
  }
}
